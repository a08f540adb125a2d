"""The heartbeat: somebody outside is asked every few minutes, as long as this server is watched.

A monitor that has stopped stops the heartbeat, too, and is told: silence is what the watcher
outside waits for.
"""

from __future__ import annotations

import os
import time

from seawall.agent import system
from seawall.agent.telling import posting, state
from seawall.agent.telling.declared import Declared
from seawall.agent.telling.message import identity
from seawall.agent.telling.outbox import STATE
from seawall.agent.telling.refused import Refused
from seawall.agent.telling.suspects import Suspect, looked

ALIVE = f"{STATE}/alive"
"""The monitor touches it whenever it has looked at everything."""
STOPPED = 300
"""Seconds after which a monitor that has not looked counts as stopped."""
EARLY = 20
"""Seconds that a heartbeat may come early, so that it does not slip by a minute each time."""
AGAIN = 50
"""Seconds after which one that failed is tried again."""


def beat(told: Declared) -> None:
    """Ask the watcher outside, if it is time and this server is watched."""
    known = state.load("heartbeat")
    now = time.time()
    error = str(known.get("error", ""))
    same = known.get("of") == identity(told.heartbeat)
    since = now - float(known.get("tried", 0) if same else 0)
    wait = AGAIN if error else told.beat - EARLY
    if not told.beat or not told.heartbeat or 0 <= since < wait:
        return
    error = stopped() or _asked(told.heartbeat)
    at = now if not error else known.get("at")
    state.save(
        "heartbeat", {"tried": now, "at": at, "error": error, "of": identity(told.heartbeat)}
    )
    unheard = Suspect(
        "heartbeat",
        "",
        3,
        "the watcher outside cannot be reached",
        "the watcher outside is reached again",
        "warning",
        ("It will tell you that this server is silent. Is alerts.heartbeat still right?",),
        kind="told",
    )
    looked(told, unheard, "" if stopped() else error, lambda: True)


def _asked(url: str) -> str:
    try:
        posting.ask(url, None, {})
    except Refused as refused:
        return _without(url, refused.problem)
    return ""


def _without(url: str, text: str) -> str:
    """A text without the address, which is a secret: whoever has it can speak for this server."""
    for part in (url, *url.split("/")[3:]):
        if len(part) > 3:
            text = text.replace(part, "(secret)")
    return text


def monitor(told: Declared) -> None:
    """Tell when the monitor of this server has stopped."""
    suspect = Suspect(
        "monitor",
        "",
        2,
        "nothing is watched here any more",
        "it is watched again",
        advice=("Its monitor has stopped, or hangs. Look at what it said last.",),
        command=f"seawall ssh {told.server} -- journalctl -u seawall-monitor -n 50",
        kind="told",
    )
    known = state.load("monitor")
    if 0 <= time.time() - float(known.get("at", 0)) < AGAIN:
        return
    state.save("monitor", {"at": time.time()})
    looked(told, suspect, stopped(), lambda: True)


def stopped() -> str:
    """Since when the monitor has not looked; "" when it has, or never was here, or the server has
    only begun to run."""
    try:
        seconds = time.time() - os.stat(ALIVE).st_mtime
    except FileNotFoundError:
        return ""
    if seconds < STOPPED or _up() < STOPPED:
        return ""
    return f"the monitor has not looked for {int(seconds // 60)} min"


def _up() -> float:
    """Seconds since this server began to run, where it is a container too."""
    begun = os.stat("/proc/1").st_ctime
    text = (system.read("/proc/uptime") or b"0").split()
    return min(float(text[0]), max(0.0, time.time() - begun))
