"""Instances of a release: systemd units of their own, each on a port of its own."""

from __future__ import annotations

import http.client
import os
import pwd
import re
import socket
import time
from typing import Any, Dict, Iterator, List, Optional, Set

from seawall.agent import system
from seawall.agent.apps.records import App, Release, apps
from seawall.agent.steps.units import last_lines
from seawall.agent.system import StepError

PORTS = range(20000, 30000)
"""Ports for apps; below what Linux hands out to outgoing connections (32768 and up)."""
UNIT = """\
# Written by seawall for release {number}; seawall deploy makes a new one.
[Unit]
Description={name}, release {number}, instance {slot}
After=network-online.target
Wants=network-online.target
StartLimitIntervalSec=0

[Service]
User={user}
WorkingDirectory={code}
EnvironmentFile={environment}
Environment=PORT={port} INSTANCE={slot}
ExecStart=/bin/sh {starter}
Restart=always
RestartSec=250ms
KillMode=mixed
TimeoutStopSec={drain}
SyslogIdentifier={name}
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
ProtectClock=yes
ProtectHostname=yes
RestrictSUIDSGID=yes
RestrictRealtime=yes
RestrictNamespaces=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
LockPersonality=yes
SystemCallArchitectures=native
CapabilityBoundingSet=
RemoveIPC=yes
UMask=0027
{limits}
[Install]
WantedBy=multi-user.target
"""
"""RestartSec 250 ms and no start limit: back in half a second, and never given up."""


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


def write_units(app: App, release: Release, spec: Dict[str, Any]) -> None:
    """Write what systemd needs to start every instance."""
    start = f"#!/bin/sh\nexec {spec['command']}\n"
    account = pwd.getpwnam(app.user)
    os.chmod(app.secrets, 0o750)
    os.chown(app.secrets, 0, account.pw_gid)
    readable = system.Ownership(0o640, 0, account.pw_gid)
    system.write(app.starter(release.number), start.encode(), readable)
    environment = "".join(_line(key, value) for key, value in sorted(spec["env"].items()))
    private = system.Ownership(0o600, 0, 0)
    system.write(app.environment(release.number), environment.encode(), private)
    for slot, port in enumerate(release.ports, 1):
        text = UNIT.format(
            name=app.name,
            number=release.number,
            slot=slot,
            port=port,
            user=app.user,
            code=app.code(release.source),
            environment=app.environment(release.number),
            starter=app.starter(release.number),
            drain=spec["drain"] + 5,
            limits="".join(f"{line}\n" for line in _limits(spec)),
        )
        path = f"/etc/systemd/system/{app.unit(release, slot)}"
        system.write(path, text.encode(), system.Ownership(0o644, 0, 0))
    system.must(["systemctl", "daemon-reload"])


def _line(key: str, value: str) -> str:
    """One variable as EnvironmentFile= reads it (systemd.exec(5)): in double quotes."""
    escaped = re.sub(r'(["\\$`])', r"\\\1", value)
    return f'{key}="{escaped}"\n'


def _limits(spec: Dict[str, Any]) -> Iterator[str]:
    if spec.get("memory"):
        yield f"MemoryMax={spec['memory']}"
    if spec.get("cpus"):
        yield f"CPUQuota={round(float(spec['cpus']) * 100)}%"
    for place in spec.get("uploads", ()):
        yield f"ReadWritePaths={place}"


def start(app: App, release: Release) -> None:
    """Start every instance, now and at every boot."""
    units = [app.unit(release, slot) for slot, _ in enumerate(release.ports, 1)]
    system.must(["systemctl", "enable", "--now", "--quiet", *units], seconds=120)


def stop(app: App, release: Release, seconds: float) -> None:
    """Stop every instance and forget its units."""
    units = [app.unit(release, slot) for slot, _ in enumerate(release.ports, 1)]
    if not units:
        return
    system.run(["systemctl", "disable", "--now", "--quiet", *units], seconds=seconds + 30)
    for unit in units:
        system.remove(f"/etc/systemd/system/{unit}")
    system.run(["systemctl", "daemon-reload"])
    system.run(["systemctl", "reset-failed", *units])


def wait_healthy(app: App, release: Release, health: Dict[str, Any]) -> float:
    """Wait until every instance is healthy; seconds it took. StepError with the app's own words."""
    began = time.monotonic()
    deadline = began + float(health["seconds"])
    for slot, port in enumerate(release.ports, 1):
        unit = app.unit(release, slot)
        said = ""
        while True:
            fault = _died(unit) or ask(port, health)
            if not fault:
                break
            said = fault
            if fault.startswith("it ") or time.monotonic() > deadline:
                seconds = f"not healthy in {health['seconds']:g} s"
                problem = said if fault.startswith("it ") else f"{seconds}: {said}"
                raise StepError(problem, last_lines(unit))
            time.sleep(0.05)
    return time.monotonic() - began


def _died(unit: str) -> str:
    """How an instance ended, when it did: a release that crashes once at its start is broken."""
    shown = system.run(
        ["systemctl", "show", "--property", "NRestarts,ExecMainStatus,ActiveState", unit]
    ).output
    state = dict(line.split("=", 1) for line in shown.splitlines() if "=" in line)
    if state.get("NRestarts", "0") != "0" or state.get("ActiveState") == "failed":
        return f"it ended by itself, exit code {state.get('ExecMainStatus', '?')}"
    return ""


def ask(port: int, health: Dict[str, Any]) -> str:
    """What is wrong with an instance, or nothing."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.connect()
        if not health.get("path"):
            return ""
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


def running(app: App, release: Release) -> Optional[bool]:
    """True when every instance of a release runs; None when it has none."""
    units = [app.unit(release, slot) for slot, _ in enumerate(release.ports, 1)]
    if not units:
        return None
    states = system.run(["systemctl", "is-active", *units]).output.split()
    return all(state == "active" for state in states)
