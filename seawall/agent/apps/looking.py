"""What an app serves, which releases there are, and whether it keeps crashing."""

from __future__ import annotations

from typing import Any, Dict, List

from seawall.agent.apps import instances
from seawall.agent.apps.records import App, apps


def serves(name: str) -> Dict[str, Any]:
    """What an app serves, whatever happened."""
    serving = App(name).serving()
    return {"serving": serving.number if serving else None}


def look() -> List[Dict[str, Any]]:
    """Every app of this server with its releases, newest first."""
    return [_seen(app) for app in apps()]


def _seen(app: App) -> Dict[str, Any]:
    serving = app.serving()
    return {
        "app": app.name,
        "serving": serving.number if serving else None,
        "running": instances.running(app, serving) if serving else None,
        "crashes": instances.crashes(app, serving) if serving else {},
        "releases": [release.document() for release in reversed(app.releases())],
    }
