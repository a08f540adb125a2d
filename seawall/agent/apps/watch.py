"""Watches the apps when nobody else does: after a power cut, and when one hangs.

A timer of its own, with a copy of the agent of its own, so that it goes on when Seawall is taken
away from the server. Every few seconds it asks each instance of what serves; one that lives but
has not been well for half a minute is killed, and its unit starts it again. What the proxy reads
is put right where a file is missing, and after a boot what was interrupted is settled.
"""

from __future__ import annotations

import json
import os
import sys
import time
from typing import Any, Dict

from seawall.agent import system
from seawall.agent.apps import containers, health, locks, settling, traffic
from seawall.agent.apps.records import PUBLIC, App, Release, apps

AGENT = "/usr/local/lib/app-watch/agent.pyz"
SYSTEMD = "/etc/systemd/system"
NOTES = "/run/app-watch"
HUNG_SECONDS = 30
"""Seconds in which an instance has to be well at least once."""
SERVICE = f"""\
# Written by seawall; works without it.
[Unit]
Description=Settle apps after a boot, and end instances that hang

[Service]
Type=oneshot
ExecStart=/usr/bin/python3 -I -S {AGENT} watch
RuntimeDirectory=app-watch
RuntimeDirectoryMode=0700
RuntimeDirectoryPreserve=yes
"""
TIMER = """\
# Written by seawall; works without it.
[Unit]
Description=Look after apps every ten seconds

[Timer]
OnBootSec=1s
OnUnitInactiveSec=10s
AccuracySec=1s

[Install]
WantedBy=timers.target
"""


def install(agent: str) -> None:
    """Put the watch in its place, or the newer one."""
    content = system.read(agent) or b""
    os.makedirs(os.path.dirname(AGENT), mode=0o755, exist_ok=True)
    wanted = {
        AGENT: content,
        f"{SYSTEMD}/app-watch.service": SERVICE.encode(),
        f"{SYSTEMD}/app-watch.timer": TIMER.encode(),
    }
    changed = [path for path, text in wanted.items() if system.read(path) != text]
    for path in changed:
        system.write(path, wanted[path], PUBLIC)
    if changed:
        system.must(["systemctl", "daemon-reload"])
        system.must(["systemctl", "enable", "--now", "--quiet", "app-watch.timer"])


def look_after() -> None:
    """One round over every app of this server."""
    for app in apps():
        with locks.lock(app) as mine:
            if mine and not locks.under_way(app):
                _heal(app)
        serving = app.serving()
        if serving:
            for unit, port in zip(app.units(serving), serving.ports):
                _visit(app, serving, unit, port)


def _heal(app: App) -> None:
    serving = app.serving()
    settled = f"{NOTES}/{app.name}.settled"
    if settling.is_unsettled(app) or not os.path.exists(settled):
        settling.settle(app)
        _note(settled, 0)
    elif serving:
        traffic.switch(app, serving)


def _visit(app: App, release: Release, unit: str, port: int) -> None:
    """Ask an instance; end it when it has not been well for too long."""
    path, now = f"{NOTES}/{unit}", time.monotonic()
    fault = health.ask(port, _health(app, release)) if _is_up(unit) else ""
    if not fault:
        return system.remove(path) if os.path.exists(path) else None
    since = float((system.read(path) or b"").decode() or now)
    if now - since < HUNG_SECONDS:
        return _note(path, since)
    told = f"{unit} lives, but has not been well for {now - since:.0f} s, so it is killed: {fault}"
    sys.stderr.write(f"{told}\n")
    containers.kill(unit)
    system.run(["systemctl", "kill", "--signal=SIGKILL", unit])
    return system.remove(path)


def _is_up(unit: str) -> bool:
    """True for one that lives; one that crashes is its unit's business."""
    return system.run(["systemctl", "is-active", "--quiet", unit]).code == 0


def _health(app: App, release: Release) -> Dict[str, Any]:
    """How the release declared that it is asked."""
    try:
        known = json.loads(system.read(app.declared(release.number)) or b"{}")
    except ValueError:
        known = {}
    return dict(known.get("health") or {})


def _note(path: str, since: float) -> None:
    system.write(path, str(since).encode(), system.Ownership(0o600, 0, 0))
