"""Is an instance well? It lives, answers on its own port, and still does a moment later."""

from __future__ import annotations

import http.client
import os
import re
import socket
import time
from typing import Any, Dict, List, Set

from seawall.agent import system
from seawall.agent.apps.records import App, Release
from seawall.agent.system import StepError

SOAK = 1.0
"""Seconds that a release has to stay well before anybody is sent to it."""
CGROUPS = "/sys/fs/cgroup/system.slice"
Health = Dict[str, Any]


def wait(app: App, release: Release, health: Health) -> float:
    """Wait until every instance is well and stays so; seconds until it was.

    StepError with the app's own last words.
    """
    began = time.monotonic()
    for unit, port in zip(app.units(release), release.ports):
        _wait_for(unit, port, health, began + float(health["seconds"]))
    healthy = time.monotonic()
    while time.monotonic() - healthy < SOAK:
        time.sleep(0.1)
        require_alive(app, release)
    for unit, port in zip(app.units(release), release.ports):
        if fault := ask(port, health):
            raise StepError(f"it was healthy, then not any more: {fault}", last_lines(unit))
    return healthy - began


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
    while True:
        if fault := died(unit):
            raise StepError(fault, last_lines(unit))
        fault = ask(port, health)
        if not fault:
            return
        if time.monotonic() > deadline:
            elsewhere = _elsewhere(unit, port)
            late = f"not healthy in {health['seconds']:g} s: {fault}{elsewhere}"
            raise StepError(late, last_lines(unit))
        time.sleep(0.05)


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
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.connect()
        if not health.get("path"):
            return _hangs_up(connection.sock, port)
        headers = {"Host": health.get("host") or "localhost", "X-Forwarded-Proto": "https"}
        connection.request("GET", health["path"], headers=headers)
        status = connection.getresponse().status
    except OSError as error:
        return f"port {port}: {error.strerror or error}"
    except http.client.HTTPException as error:
        return f"port {port} does not speak HTTP: {type(error).__name__}"
    finally:
        connection.close()
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
