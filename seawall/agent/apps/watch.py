"""Watches the apps when nobody else does: after a power cut, and when one hangs.

A service of its own, with a copy of the agent of its own, so that it goes on when Seawall is
taken away from the server. Every ten seconds it asks each instance of what serves; one that lives
but has not been well for half a minute is killed, and its unit starts it again. What the proxy
reads is put right where a file is missing, and what a power cut has interrupted is settled.
"""

from __future__ import annotations

import json
import os
import sys
import time
from typing import Any, Dict, Set

from seawall.agent import system
from seawall.agent.apps import health, locks, settling, traffic
from seawall.agent.apps.records import PUBLIC, App, Release, apps

AGENT = "/usr/local/lib/app-watch/agent.pyz"
UNIT = "/etc/systemd/system/app-watch.service"
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
    wanted = {AGENT: content, UNIT: SERVICE.encode()}
    changed = [path for path, text in wanted.items() if system.read(path) != text]
    for path in changed:
        system.write(path, wanted[path], PUBLIC)
    if changed:
        unit = os.path.basename(UNIT)
        system.must(["systemctl", "daemon-reload"])
        system.must(["systemctl", "enable", "--quiet", unit])
        system.must(["systemctl", "restart", unit])


def run() -> None:
    """Look after the apps for ever."""
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

    def _visit_all(self, app: App) -> None:
        serving = app.serving()
        if serving and any(serving.ports):
            asked = _health(app, serving)
            for unit, port in zip(app.units(serving), serving.ports):
                self._visit(unit, port, asked)

    def _visit(self, unit: str, port: int, asked: Dict[str, Any]) -> None:
        """Ask an instance; end it when it has not been well for too long."""
        fault = health.ask(port, asked)
        if not fault or not _lives(unit):
            self.unwell.pop(unit, None)
            return
        seconds = time.monotonic() - self.unwell.setdefault(unit, time.monotonic())
        # One that only just starts has as long as its deploy would give it.
        if seconds >= max(HUNG_SECONDS, asked.get("seconds", 0)):
            told = f"lives, but has not been well for {seconds:.0f} s, so it is killed: {fault}"
            _say(f"{unit} {told}")
            system.run(["systemctl", "kill", "--signal=SIGKILL", unit])
            self.unwell.pop(unit)


def _lives(unit: str) -> bool:
    """One that crashes is its unit's business."""
    return system.run(["systemctl", "is-active", "--quiet", unit]).code == 0


def _health(app: App, release: Release) -> Dict[str, Any]:
    """How the release declared that it is asked."""
    known = json.loads(system.read(app.declared(release.number)) or b"{}")
    return dict(known.get("health") or {})


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
