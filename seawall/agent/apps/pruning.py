"""Forgets old releases: only what we made, never what serves nor what one would go back to."""

from __future__ import annotations

import os
import re
import shutil
from typing import Set

from seawall.agent import system
from seawall.agent.apps import containers, lines, static
from seawall.agent.apps.records import App


def prune(app: App, keep: int) -> None:
    """Forget what is older than the last `keep` releases, and the code of those that failed."""
    kept = kept_releases(app, keep)
    newest = max([each.number for each in app.releases()], default=0)
    for release in app.releases():
        if release.number not in kept and release.number != newest:
            _forget(app, release.number)
    sources = {each.source for each in app.releases() if each.number in kept}
    for name in os.listdir(f"{app.folder}/releases"):
        if _is_code(name) and (not name.isdigit() or int(name) not in sources):
            shutil.rmtree(f"{app.folder}/releases/{name}", ignore_errors=True)
    static.prune(app, sources)
    containers.prune(app, sources)


def kept_releases(app: App, keep: int) -> Set[int]:
    """The releases that stay with their code: what serves, what begins, what one may go back to."""
    serving = app.serving()
    now = {serving.number, serving.repeats} if serving else set()
    begun = [each.number for each in app.releases() if each.state in ("building", "starting")]
    served = [each.number for each in app.releases() if each.state in ("serving", "retired")]
    others = [number for number in served if number not in now]
    before = [number for number in others if not serving or number < serving.number]
    newest = served[-keep:]
    return {*begun, *newest, *before[-1:], *([serving.number] if serving else [])}


def _is_code(name: str) -> bool:
    return re.fullmatch(r"\d+(\.half)?", name) is not None


def _forget(app: App, number: int) -> None:
    for place in (app.environment, app.starter, app.declared):
        system.remove(place(number))
    lines.forget(app.name, number)
    system.remove(f"{app.code(number)}.json")
