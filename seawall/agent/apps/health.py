"""Is an instance well? It lives and answers on its own port, and still does a moment later."""

from __future__ import annotations

import os
import re
import select
import socket
import time
from typing import Any, Dict, List, NamedTuple, Set

from seawall.agent import system
from seawall.agent.apps import asking, supervisors
from seawall.agent.apps.records import App, Release
from seawall.agent.system import StepError

SOAK = 1.0
"""Seconds from its start in which a release that ends is broken, even if it is back."""
LOOK = 0.25
"""Seconds between two questions to its supervisor whether an instance still lives."""
ANSWER = 5
"""Seconds that an answer may take."""
Health = Dict[str, Any]


def wait(app: App, release: Release, health: Health) -> float:
    """Wait until every instance is well; seconds until it was.

    StepError with the app's own last words.
    """
    began = time.monotonic()
    supervisor = supervisors.of(release)
    for unit, port in zip(app.units(release), release.ports):
        _wait_for(_Instance(supervisor, unit, port), health, began + float(health["seconds"]))
    require_alive(app, release)
    return time.monotonic() - began


def ends_within(app: App, release: Release, seconds: float) -> bool:
    """Wait so long; True as soon as an instance has ended."""
    deadline = time.monotonic() + seconds
    handles: List[int] = []
    try:
        handles += map(_handle, map(supervisors.of(release).main, app.units(release)))
        return bool(select.select(handles, [], [], max(0.0, deadline - time.monotonic()))[0])
    except ProcessLookupError:
        return True
    finally:
        for handle in handles:
            os.close(handle)


def _handle(pid: int) -> int:
    """A handle on an instance's main program, which becomes readable when it ends."""
    if not pid:
        raise ProcessLookupError
    return os.pidfd_open(pid)


def require_well(app: App, release: Release, health: Health) -> None:
    """StepError when an instance has ended since it was started, or does not answer any more."""
    require_alive(app, release)
    for unit, port in zip(app.units(release), release.ports):
        if fault := ask(port, health):
            said = supervisors.of(release).last_lines(unit)
            raise StepError(f"it was healthy, then not any more: {fault}", said)


def require_alive(app: App, release: Release) -> None:
    """StepError when an instance has ended since it was started, even if it is back."""
    supervisor = supervisors.of(release)
    for unit in app.units(release):
        if fault := supervisor.ended(unit):
            raise StepError(fault, supervisor.last_lines(unit))


class _Instance(NamedTuple):
    """One instance, and who can tell of it."""

    supervisor: supervisors.Supervisor
    unit: str
    port: int

    @property
    def last_lines(self) -> str:
        return self.supervisor.last_lines(self.unit)


def _wait_for(one: _Instance, health: Health, deadline: float) -> None:
    looked = time.monotonic()
    while fault := ask(one.port, health):
        if time.monotonic() - looked > LOOK:
            if ended := one.supervisor.ended(one.unit):
                raise StepError(ended, one.last_lines)
            looked = time.monotonic()
        if looked > deadline:
            late = f"not healthy in {health['seconds']:g} s: {fault}{_elsewhere(one)}"
            raise StepError(late, one.last_lines)
        time.sleep(0.01)


def ask(port: int, health: Health) -> str:
    """What is wrong with an instance, or nothing; one without a port only has to live."""
    if not port:
        return ""
    headers = {"Host": health.get("host") or "localhost", "X-Forwarded-Proto": "https"}
    try:
        with socket.create_connection(("127.0.0.1", port), ANSWER) as connection:
            if not health.get("path"):
                return _hangs_up(connection, port)
            status = asking.status(connection, health["path"], headers, ANSWER)
    except OSError as error:
        return f"port {port}: {error.strerror or error}"
    except asking.NotHttp as error:
        return f"port {port} does not speak HTTP: {error}"
    return "" if 200 <= status < 400 else f"GET {health['path']} answered {status}"


def _hangs_up(connection: socket.socket, port: int) -> str:
    """Docker takes connections for a container that does not listen yet, and drops them."""
    connection.settimeout(0.2)
    try:
        return "" if connection.recv(1) else f"port {port} hangs up"
    except socket.timeout:
        return ""


def _elsewhere(one: _Instance) -> str:
    """Where an instance listens instead of on the port it was given, as far as can be seen."""
    pids = one.supervisor.programs(one.unit)
    listed = system.run(["ss", "-ltnHp"]).output.splitlines()
    found: Set[str] = set()
    for line in listed:
        if pids & set(re.findall(r"pid=(\d+)", line)):
            found.add(line.split()[3])
    others = sorted(address for address in found if not address.endswith(f":{one.port}"))
    return f"; it listens on {', '.join(others)} instead of $PORT" if others else ""
