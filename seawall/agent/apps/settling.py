"""After whatever was killed: one release serves alone, the one that is written down.

Called by a deploy before it begins, by the last command of its unit, and by the watch after a
boot, so that a power cut needs nobody.
"""

from __future__ import annotations

from typing import Dict, List, Optional

from seawall.agent.apps import instances, locks, supervisors, traffic
from seawall.agent.apps.records import App, Release

STOP_SECONDS = 10
UNDER_WAY = ("building", "starting")


def settled(name: str) -> None:
    """Settle an app, unless a deploy is under way: that one has settled, and goes on."""
    app = App(name)
    with locks.lock(app) as mine:
        if mine and not locks.under_way(app):
            settle(app)


def settle(app: App, but: int = 0) -> None:
    """Leave one release serving, whatever was killed in between; `but` is about to begin."""
    serving = app.serving()
    if serving and (serving.ports or serving.static):
        instances.keep_running(app, serving)
        traffic.switch(app, serving)
    _stop_others(app, serving)
    for release in app.releases():
        if release.number != but and not (serving and release.number == serving.number):
            _note_end(app, release)
    if serving and serving.state != "serving":
        app.note(serving, state="serving", why="")


def is_unsettled(app: App) -> bool:
    """True when the records alone show that something was interrupted."""
    serving = app.serving()
    others = (each for each in app.releases() if not serving or each.number != serving.number)
    return any(each.ports or each.state in (*UNDER_WAY, "serving") for each in others)


def _note_end(app: App, release: Release) -> None:
    served = release.state in ("serving", "retired")
    if release.ports or release.state in (*UNDER_WAY, "serving"):
        why = release.why if served else release.why or "it was interrupted"
        app.note(release, state="retired" if served else "failed", ports=(), why=why)


def _stop_others(app: App, serving: Optional[Release]) -> None:
    """Stop what there is of any other release, under any supervisor, whatever is written down."""
    mine = {*app.units(serving)} if serving else set()
    for kind in supervisors.KINDS:
        supervisor = supervisors.named(kind)
        kept = mine if serving and serving.supervisor == kind else set()
        strays: Dict[str, List[str]] = {}
        for unit in supervisor.there(app):
            if unit not in kept:
                strays.setdefault(unit.split("-")[-2], []).append(unit)
        for units in strays.values():
            supervisor.stop(units, STOP_SECONDS)
