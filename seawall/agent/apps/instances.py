"""Instances of a release: systemd units of their own, each on a port of its own."""

from __future__ import annotations

import os
import pwd
import socket
from typing import Any, Dict, List, Optional, Sequence, Set

from seawall.agent import system
from seawall.agent.apps import health, units
from seawall.agent.apps.records import App, Release, apps
from seawall.agent.system import StepError

PORTS = range(20000, 30000)
"""Ports for apps; below what Linux hands out to outgoing connections (32768 and up)."""
SYSTEMD = "/etc/systemd/system"
BOOT = f"{SYSTEMD}/multi-user.target.wants"
RECENT = 300
"""Seconds for which a crash counts as going on."""

write_units = units.write
write_environment = units.write_environment
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


def start(app: App, release: Release) -> None:
    """Start every instance, not yet at boot: after a power cut the old release comes back alone."""
    system.must(["systemctl", "start", "--quiet", *app.units(release)], seconds=120)


def keep_running(app: App, release: Release) -> None:
    """Start every instance at boot from now on, and now where it does not run."""
    named = app.units(release)
    if not named:
        return
    if not all(os.path.lexists(f"{BOOT}/{unit}") for unit in named):
        # Without a reload: what starts at boot is read at boot.
        system.must(["systemctl", "enable", "--quiet", "--no-reload", *named])
        system.sync_folder(SYSTEMD)
        system.sync_folder(BOOT)
    if not running(app, release):
        system.run(["systemctl", "start", "--quiet", *named], seconds=120)


def stop(app: App, release: Release, seconds: float) -> None:
    """Stop every instance and forget its units."""
    stop_units(app.units(release), seconds)


def stop_units(named: Sequence[str], seconds: float) -> None:
    """Stop units, at the latest when so many seconds are over, and forget them."""
    if not named:
        return
    system.run(["systemctl", "stop", "--quiet", *named], seconds=seconds + 10)
    if not _are_stopped(named):
        system.run(["systemctl", "kill", "--signal=SIGKILL", *named])
    for unit in named:
        system.remove(f"{BOOT}/{unit}")
        system.remove(f"{SYSTEMD}/{unit}")
    # systemd forgets by itself what has neither a file nor anything to say, without a reload.
    system.run(["systemctl", "reset-failed", "--quiet", *named])


def _are_stopped(named: Sequence[str]) -> bool:
    states = system.run(["systemctl", "is-active", *named]).output.split()
    return all(state in ("inactive", "failed", "unknown") for state in states)


def running(app: App, release: Release) -> Optional[bool]:
    """True when every instance of a release runs; None when it has none."""
    named = app.units(release)
    if not named:
        return None
    states = system.run(["systemctl", "is-active", *named]).output.split()
    return all(state == "active" for state in states)


def crashes(app: App, release: Release) -> Dict[str, Any]:
    """How often instances of a release ended by themselves, and the last lines of one that does.

    Lines only while it goes on: the last end is less than five minutes ago, or it is down.
    """
    count, lines = 0, ""
    for unit in app.units(release):
        restarts, age = _restarts(unit)
        count += restarts
        if restarts and age < RECENT:
            lines = health.last_lines(unit)
    return {"count": count, "lines": lines}


def _restarts(unit: str) -> "tuple[int, float]":
    """How often a unit was started again, and the seconds since."""
    wanted = "NRestarts,ActiveEnterTimestampMonotonic,ActiveState"
    shown = system.run(["systemctl", "show", "--property", wanted, unit]).output
    state = dict(line.split("=", 1) for line in shown.splitlines() if "=" in line)
    since = int(state.get("ActiveEnterTimestampMonotonic") or 0) / 1e6
    up = float((system.read("/proc/uptime") or b"0").split()[0])
    age = up - since if state.get("ActiveState") == "active" else 0
    return int(state.get("NRestarts") or 0), age
