"""Forgets old releases: only what we made, never what serves nor what one would go back to."""

from __future__ import annotations

import os
import re
import shutil
from typing import Set

from seawall.agent import system
from seawall.agent.apps import containers
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
    containers.prune(app, sources)


def kept_releases(app: App, keep: int) -> Set[int]:
    """The releases that stay, each with its code: no number is given away twice."""
    serving = app.serving()
    served = [each for each in app.releases() if each.state in ("serving", "retired")]
    under_way = {each.number for each in app.releases() if each.state in ("building", "starting")}
    current = {serving.number} if serving else set()
    older = [each.number for each in served if each.number not in current]
    # The one to go back to is not always the newest but one: after going back, it may be older.
    return current | under_way | set(older[-max(keep - len(current), 1) :])


def _is_code(name: str) -> bool:
    return re.fullmatch(r"\d+(\.half)?", name) is not None


def _forget(app: App, number: int) -> None:
    for place in (app.environment, app.starter, app.declared):
        system.remove(place(number))
    system.remove(f"{app.code(number)}.json")
