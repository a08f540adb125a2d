"""Instances of a release: each on a port of its own, kept running by the release's supervisor."""

from __future__ import annotations

import pwd
import socket
from typing import Any, Dict, List, Optional, Set

from seawall.agent import system
from seawall.agent.apps import health, supervisors
from seawall.agent.apps.records import App, Release, apps
from seawall.agent.system import StepError

PORTS = range(20000, 30000)
"""Ports for apps; below what Linux hands out to outgoing connections (32768 and up)."""
RECENT = 300
"""Seconds for which a crash counts as going on."""

wait_healthy = health.wait


def make_user(app: App) -> None:
    """An account for the app alone, that nobody can log in to."""
    try:
        pwd.getpwnam(app.user)
    except KeyError:
        system.must(["useradd", "--system", "--user-group", "--no-create-home", app.user])


def free_ports(count: int) -> List[int]:
    """Ports that no release has and nobody listens on."""
    taken: Set[int] = {
        port for app in apps() for release in app.releases() for port in release.ports
    }
    found: List[int] = []
    for port in PORTS:
        if port not in taken and _is_free(port):
            found.append(port)
        if len(found) == count:
            return found
    raise StepError(f"no {count} free ports from {PORTS[0]} to {PORTS[-1]}")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def require_supervisor(spec: Dict[str, Any]) -> None:
    """StepError when this server lacks what would keep the release running."""
    if not spec.get("static") and (lack := supervisors.named(_supervisor(spec)).missing()):
        raise StepError(f"{lack}: seawall apply installs what can be installed")


def places(spec: Dict[str, Any]) -> Dict[str, Any]:
    """The ports of a new release, and who keeps it running."""
    count = spec["instances"]
    ports = free_ports(count) if spec.get("listens", True) else [0] * count
    return {"ports": tuple(ports), "supervisor": _supervisor(spec)}


def _supervisor(spec: Dict[str, Any]) -> str:
    return str(spec.get("supervisor", "systemd"))


def write_units(app: App, release: Release, spec: Dict[str, Any]) -> None:
    """Write what its supervisor needs to start every instance."""
    supervisors.of(release).write(app, release, spec)


def start(app: App, release: Release) -> None:
    """Start every instance, not yet at boot: after a power cut the old release comes back alone."""
    supervisors.of(release).start(app.units(release))


def keep_running(app: App, release: Release) -> None:
    """Start every instance at boot from now on, and now where it does not run."""
    if named := app.units(release):
        supervisors.of(release).keep(named)


def stop(app: App, release: Release, seconds: float) -> None:
    """Stop every instance and forget it."""
    if named := app.units(release):
        supervisors.of(release).stop(named, seconds)


def running(app: App, release: Release) -> Optional[bool]:
    """True when every instance of a release runs; None when it has none."""
    named = app.units(release)
    return supervisors.of(release).lives(named) if named else None


def crashes(app: App, release: Release) -> Dict[str, Any]:
    """How often instances of a release ended by themselves, and the last lines of one that does.

    Lines only while it goes on: the last end is less than five minutes ago, or it is down.
    """
    count, lines = 0, ""
    supervisor = supervisors.of(release)
    for unit in app.units(release):
        restarts, age = supervisor.ends(unit)
        count += restarts
        if restarts and age < RECENT:
            lines = supervisor.last_lines(unit)
    return {"count": count, "lines": lines}
