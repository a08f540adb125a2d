"""Watches the apps when nobody else does: after a power cut, and when one hangs.

A service of its own, with a copy of the agent of its own, so that it goes on when Seawall is
taken away from the server. Every ten seconds it asks each instance of what serves; one that lives
but has not been well for half a minute is killed, and its unit starts it again. What the proxy
reads is put right where a file is missing, and what a power cut has interrupted is settled.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from typing import Any, Dict, Set

from seawall.agent import system
from seawall.agent.apps import health, locks, settling, supervisors, traffic
from seawall.agent.apps.records import PUBLIC, App, Release, apps

AGENT = "/usr/local/lib/app-watch/agent.pyz"
UNIT = "/etc/systemd/system/app-watch.service"
PID = "/run/app-watch.pid"
PAUSE = 10
HUNG_SECONDS = 30
"""Seconds in which an instance has to be well at least once."""
SERVICE = f"""\
# Written by seawall; works without it.
[Unit]
Description=Watch over the apps: settle them after a power cut, end those that hang

[Service]
ExecStart=/usr/bin/python3 -I -S {AGENT} watch
Restart=always
RestartSec=5s

[Install]
WantedBy=multi-user.target
"""


def install(agent: str) -> None:
    """Put the watch in its place, or the newer one."""
    content = system.read(agent) or b""
    os.makedirs(os.path.dirname(AGENT), mode=0o755, exist_ok=True)
    newer = system.read(AGENT) != content
    if newer:
        system.write(AGENT, content, PUBLIC)
    if system.has_systemd():
        _as_unit(newer)
    else:
        _by_init(newer)


def _as_unit(newer: bool) -> None:
    changed = system.read(UNIT) != SERVICE.encode()
    if changed:
        system.write(UNIT, SERVICE.encode(), PUBLIC)
    if changed or newer:
        unit = os.path.basename(UNIT)
        system.must(["systemctl", "daemon-reload"])
        system.must(["systemctl", "enable", "--quiet", unit])
        system.must(["systemctl", "restart", unit])


def _by_init(newer: bool) -> None:
    """SysV init starts it again, so the newer one is started by ending the older."""
    from seawall.agent import inittab

    inittab.respawn("appw", ["/usr/bin/python3", "-I", "-S", AGENT, "watch"])
    pid = (system.read(PID) or b"").strip()
    if newer and pid.isdigit() and AGENT.encode() in _command_line(int(pid)):
        os.kill(int(pid), signal.SIGTERM)


def _command_line(pid: int) -> bytes:
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return file.read()
    except OSError:
        return b""


def run() -> int:
    """Look after the apps for ever."""
    with open(PID, "w") as file:
        file.write(f"{os.getpid()}\n")
    watch = Watch()
    while True:
        watch.look_after()
        time.sleep(PAUSE)


class Watch:
    """What it remembers from one round to the next."""

    def __init__(self) -> None:
        self.settled: Set[str] = set()
        self.unwell: Dict[str, float] = {}
        """Since when an instance has not been well."""

    def look_after(self) -> None:
        """One round over every app of this server; one that cannot be looked at is told."""
        for app in apps():
            try:
                self._heal(app)
                self._visit_all(app)
            except (OSError, ValueError, system.StepError) as error:
                _say(f"{app.name}: {error}")

    def _heal(self, app: App) -> None:
        with locks.lock(app) as mine:
            if not mine:
                return  # a deploy is at it
            serving = app.serving()
            if app.name not in self.settled or settling.is_unsettled(app):
                if not locks.under_way(app):
                    settling.settle(app)
                    self.settled.add(app.name)
            elif serving:
                traffic.switch(app, serving)
                supervisors.of(serving).revive(app.units(serving))

    def _visit_all(self, app: App) -> None:
        serving = app.serving()
        if serving and any(serving.ports):
            asked = _health(app, serving)
            for slot, port in enumerate(serving.ports, 1):
                self._visit(app.unit(serving, slot), health.ask(port, asked), asked, serving)

    def _visit(self, unit: str, fault: str, asked: Dict[str, Any], release: Release) -> None:
        """End an instance that has not been well for too long; one that crashes is its
        supervisor's business."""
        supervisor = supervisors.of(release)
        if not fault or not supervisor.lives([unit]):
            self.unwell.pop(unit, None)
            return
        seconds = time.monotonic() - self.unwell.setdefault(unit, time.monotonic())
        # One that only just starts has as long as its deploy would give it.
        if seconds >= max(HUNG_SECONDS, asked.get("seconds", 0)):
            told = f"lives, but has not been well for {seconds:.0f} s, so it is killed: {fault}"
            _say(f"{unit} {told}")
            supervisor.kill(unit)
            self.unwell.pop(unit)


def _health(app: App, release: Release) -> Dict[str, Any]:
    """How the release declared that it is asked."""
    known = json.loads(system.read(app.declared(release.number)) or b"{}")
    return dict(known.get("health") or {})


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
