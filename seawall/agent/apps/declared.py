"""What a release was declared with: its command, environment and health page.

Going back to a release brings these back with its code, so that neither a variable nor a secret is
lost, and a restart needs nobody who knows them.
"""

from __future__ import annotations

import json
import time
from dataclasses import replace
from typing import Any, Dict

from seawall.agent import system
from seawall.agent.apps.records import PRIVATE, App, Release
from seawall.agent.system import StepError

Spec = Dict[str, Any]
OWN = ("command", "env", "uploads", "health", "static", "build", "image", "port", "scratch")
"""What belongs to a release; the rest is the server's, as it is declared now."""


def keep(app: App, release: Release, spec: Spec) -> None:
    """Write it down for a later restart or rollback."""
    content = json.dumps({key: spec[key] for key in OWN if key in spec}).encode()
    system.write(app.declared(release.number), content, PRIVATE)


def spec(app: App, release: Release, document: Dict[str, Any]) -> Spec:
    """What to start a release with: its own when it ran before, otherwise what was sent."""
    now: Spec = document["spec"]
    number = release.repeats or (release.number if document.get("again") is not None else 0)
    content = system.read(app.declared(number)) if number else None
    return {**now, **json.loads(content)} if content else now


def repeated(app: App, number: int) -> Release:
    """The serving release once more, under a new number."""
    old = app.serving()
    if old is None:
        raise StepError(f"no release of {app.name} is serving")
    fresh: Dict[str, Any] = {
        "state": "building",
        "made": time.time(),
        "ports": (),
        "migrated": False,
        "why": "",
    }
    return replace(old, number=number, repeats=old.number, **fresh)
