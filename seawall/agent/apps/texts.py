"""What a deploy writes for the supervisor of an app, as text, without looking at any machine."""

from __future__ import annotations

from typing import Any, Dict

from seawall.agent.apps import supervisors, units
from seawall.agent.apps.records import App, Release

FIRST_PORT = 20000


def written(name: str, spec: Dict[str, Any]) -> Dict[str, str]:
    """Path and content of each file that starts the first release of a process app.

    Ports are those of an empty server. The environment is not among them: it may hold secrets.
    """
    app, count = App(name), int(spec["instances"])
    listens = spec.get("listens", True)
    ports = tuple(FIRST_PORT + slot if listens else 0 for slot in range(count))
    release = Release(1, 1, ports=ports, supervisor=spec["supervisor"])
    supervisor = supervisors.of(release)
    found = {
        supervisor.path(unit): text for unit, text in supervisor.texts(app, release, spec).items()
    }
    return {**found, app.starter(1): units.starter(spec["command"])}
