"""Alerts: which channels there are, when each took something last, and what waits."""

from __future__ import annotations

import time
from typing import Any, Dict

from seawall.agent import system
from seawall.agent.probes.reading import need_root
from seawall.agent.telling import standing


def alerts() -> Dict[str, Any]:
    """How telling stands on this server; no secret is in it."""
    need_root()
    return {**standing.standing(time.time()), "schedule": _schedule()}


def _schedule() -> str:
    """What keeps messages from being sent at all, or ""."""
    if not system.has_systemd():
        return "" if system.read("/etc/cron.d/seawall-tell") else "there is no cron line"
    stopped = [
        unit
        for unit in ("seawall-tell.path", "seawall-tell.timer")
        if system.run(["systemctl", "is-active", "--quiet", unit]).code != 0
    ]
    return f"not running: {', '.join(stopped)}" if stopped else ""
