"""Is an instance well? It lives and answers on its own port, and still does a moment later."""

from __future__ import annotations

import os
import re
import select
import socket
import time
from typing import Any, Dict, List, Set

from seawall.agent import system
from seawall.agent.apps import asking
from seawall.agent.apps.records import App, Release
from seawall.agent.system import StepError

SOAK = 1.0
"""Seconds from its start in which a release that ends is broken, even if it is back."""
LOOK = 0.25
"""Seconds between two questions to systemd whether an instance still lives."""
ANSWER = 5
"""Seconds that an answer may take."""
CGROUPS = "/sys/fs/cgroup/system.slice"
Health = Dict[str, Any]


def wait(app: App, release: Release, health: Health) -> float:
    """Wait until every instance is well; seconds until it was.

    StepError with the app's own last words.
    """
    began = time.monotonic()
    for unit, port in zip(app.units(release), release.ports):
        _wait_for(unit, port, health, began + float(health["seconds"]))
    require_alive(app, release)
    return time.monotonic() - began


def ends_within(app: App, release: Release, seconds: float) -> bool:
    """Wait so long; True as soon as an instance has ended."""
    deadline = time.monotonic() + seconds
    handles: List[int] = []
    try:
        handles += map(_handle, app.units(release))
        return bool(select.select(handles, [], [], max(0.0, deadline - time.monotonic()))[0])
    except ProcessLookupError:
        return True
    finally:
        for handle in handles:
            os.close(handle)


def _handle(unit: str) -> int:
    """A handle on an instance's main program, which becomes readable when it ends."""
    shown = system.run(["systemctl", "show", "--property=MainPID", "--value", unit]).output
    if not int(shown or 0):
        raise ProcessLookupError(unit)
    return os.pidfd_open(int(shown))


def require_well(app: App, release: Release, health: Health) -> None:
    """StepError when an instance has ended since it was started, or does not answer any more."""
    require_alive(app, release)
    for unit, port in zip(app.units(release), release.ports):
        if fault := ask(port, health):
            raise StepError(f"it was healthy, then not any more: {fault}", last_lines(unit))


def last_lines(unit: str) -> str:
    """The last lines an instance wrote."""
    from seawall.agent.steps import units  # here: the watch, which stays, has no use for steps

    return units.last_lines(unit)


def require_alive(app: App, release: Release) -> None:
    """StepError when an instance has ended since it was started, even if it is back."""
    for unit in app.units(release):
        if fault := died(unit):
            raise StepError(fault, last_lines(unit))


def _wait_for(unit: str, port: int, health: Health, deadline: float) -> None:
    looked = time.monotonic()
    while fault := ask(port, health):
        if time.monotonic() - looked > LOOK:
            if ended := died(unit):
                raise StepError(ended, last_lines(unit))
            looked = time.monotonic()
        if looked > deadline:
            elsewhere = _elsewhere(unit, port)
            late = f"not healthy in {health['seconds']:g} s: {fault}{elsewhere}"
            raise StepError(late, last_lines(unit))
        time.sleep(0.01)


def died(unit: str) -> str:
    """How an instance ended, when it did: a release that crashes once at its start is broken."""
    wanted = "NRestarts,ExecMainStatus,ExecMainCode,ActiveState"
    shown = system.run(["systemctl", "show", "--property", wanted, unit]).output
    state = dict(line.split("=", 1) for line in shown.splitlines() if "=" in line)
    if state.get("ActiveState") == "active" and state.get("NRestarts", "0") == "0":
        return ""
    status = state.get("ExecMainStatus", "?")
    how = f"exit code {status}" if state.get("ExecMainCode") == "1" else f"signal {status}"
    # A new start forgets how the last one ended.
    told = "" if state.get("ActiveState") == "active" else f", {how}"
    return f"it ended by itself{told}"


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


def _elsewhere(unit: str, port: int) -> str:
    """Where an instance listens instead of on the port it was given, as far as can be seen."""
    pids = _processes(unit)
    listed = system.run(["ss", "-ltnHp"]).output.splitlines()
    found: Set[str] = set()
    for line in listed:
        if pids & set(re.findall(r"pid=(\d+)", line)):
            found.add(line.split()[3])
    others = sorted(address for address in found if not address.endswith(f":{port}"))
    return f"; it listens on {', '.join(others)} instead of $PORT" if others else ""


def _processes(unit: str) -> Set[str]:
    found: List[str] = []
    for folder, _, files in os.walk(f"{CGROUPS}/{unit}"):
        if "cgroup.procs" in files:
            found += (system.read(f"{folder}/cgroup.procs") or b"").decode().split()
    return set(found)
