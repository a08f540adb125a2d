"""The schedule: whether this server looks by itself what is due."""

from __future__ import annotations

import os

from seawall.agent import system

TIMER = "seawall-backup.timer"
CRON = "/etc/cron.d/seawall-backup"


def wrong() -> str:
    """What keeps it from looking; "" when nothing does."""
    if not system.has_systemd():
        return "" if os.path.exists(CRON) else f"{CRON} is not there"
    asked = ["systemctl", "show", TIMER, "-p", "LoadState,ActiveState,UnitFileState"]
    seen = dict(line.split("=", 1) for line in system.run(asked).output.split() if "=" in line)
    if seen.get("LoadState") != "loaded":
        return f"{TIMER} is {seen.get('LoadState', 'unknown')}"
    if seen.get("ActiveState") != "active":
        return f"{TIMER} is {seen.get('ActiveState')}"
    started = seen.get("UnitFileState")
    return "" if started == "enabled" else f"{TIMER} is {started}, so it is gone after a reboot"
