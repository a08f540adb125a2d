"""What an app serves, which releases there are, and whether it keeps crashing or hanging."""

from __future__ import annotations

import os
from typing import Any, Dict, List

from seawall.agent import system
from seawall.agent.apps import instances
from seawall.agent.apps.records import App, Release, apps

WATCH = "app-watch.service"
"""Who ends an instance that lives and does not answer."""


def serves(name: str) -> Dict[str, Any]:
    """What an app serves, whatever happened."""
    serving = App(name).serving()
    return {"serving": serving.number if serving else None}


def look(only: str = "") -> List[Dict[str, Any]]:
    """Every app of this server, or only one, with its releases, newest first."""
    return [_seen(app) for app in apps() if only in ("", app.name)]


def _seen(app: App) -> Dict[str, Any]:
    serving = app.serving()
    return {
        "app": app.name,
        "serving": serving.number if serving else None,
        "running": instances.running(app, serving) if serving else None,
        "crashes": instances.crashes(app, serving) if serving else {},
        "hung": hung(app, serving) if serving else {},
        "releases": [release.document() for release in reversed(app.releases())],
    }


def hung(app: App, release: Release) -> Dict[str, Any]:
    """How often an instance of a release was ended because it hung, in a day, and why at last."""
    if not os.path.exists(f"/etc/systemd/system/{WATCH}"):
        return {"count": 0, "lines": ""}
    journal = [
        "journalctl",
        "--unit",
        WATCH,
        "--since=-1d",
        "--output=cat",
        "--no-pager",
        "--quiet",
    ]
    named = "|".join(unit.replace(".", "\\.") for unit in app.units(release))
    found = system.run([*journal, f"--grep=^({named}) lives"], seconds=4).output.splitlines()
    return {"count": len(found), "lines": found[-1] if found else ""}
