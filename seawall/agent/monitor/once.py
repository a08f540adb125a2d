"""The same watch where no systemd runs: one look a minute, asked for by cron, then it is gone.

What it must remember is in the same file, so rules, news and history are the same.
"""

from __future__ import annotations

import fcntl
import os
import time

from seawall.agent.monitor import history, kept, news, thinning
from seawall.agent.monitor.run import FOLDER, LONGEST, STATE, Monitor

APART = 5.0
"""Seconds between the two looks of one that has no memory yet."""


def main() -> int:
    """Look, judge, tell; nothing while another one is at it."""
    os.makedirs(f"{FOLDER}/seen", exist_ok=True)
    with open(f"{FOLDER}/once.lock", "a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return 0
        return _once(Monitor())


def _once(monitor: Monitor) -> int:
    now = time.time()
    before = float(monitor.state.get("at", 0.0))
    passed = min(now - before, LONGEST) if now > before else 0.0
    # Counters of before a boot say nothing; the kernel's own numbers show that they went back.
    monitor.once(now, passed)
    monitor.history.close()
    failed = news.hand_over(monitor.state, FOLDER) if monitor.outgoing else 0
    if not failed:
        monitor.outgoing.clear()
    kept.save(f"{FOLDER}/{STATE}", monitor.state)
    with open(f"{FOLDER}/alive", "a"):
        os.utime(f"{FOLDER}/alive")
    if history.due(now, f"{FOLDER}/history"):
        thinning.main()
    return failed
