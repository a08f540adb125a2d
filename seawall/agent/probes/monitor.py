"""The monitor: whether it runs, as whom, by which rules, and how old its newest number is."""

from __future__ import annotations

import json
import os
import time
from typing import Any, Dict

from seawall.agent import system
from seawall.agent.monitor import asking, history
from seawall.agent.probes.reading import need_root, shown

STATE = "/var/lib/seawall-monitor"
UNITS = ("seawall-monitor.service", "seawall-look.timer", "seawall-look.path")
CRON = "/etc/cron.d/seawall-monitor"
PROPERTIES = "Id,LoadState,ActiveState,UnitFileState,MainPID"


def monitor() -> Dict[str, Any]:
    """What there is to know; `there` is false where none was ever set up."""
    need_root()
    known = _known()
    wrong, pid = _wrong()
    return {
        "there": os.path.isdir(STATE),
        "wrong": wrong,
        "user": _user(pid),
        "age": time.time() - _newest(),
        "rules": known.get("rules", {}),
        "firing": asking.firing(STATE),
        "history_bytes": history.size(f"{STATE}/history"),
    }


def _known() -> Dict[str, Any]:
    try:
        return dict(json.loads(system.read(f"{STATE}/judged.json") or b"{}"))
    except (ValueError, TypeError):
        return {}


def _wrong() -> "tuple[str, int]":
    """What keeps it from watching, "" when nothing does; its number."""
    if not system.has_systemd():
        return ("" if os.path.exists(CRON) else f"{CRON} is not there"), 0
    pid = 0
    for unit in shown(PROPERTIES, UNITS):
        name, now = unit.get("Id", ""), unit.get("ActiveState", "")
        if unit.get("LoadState") != "loaded":
            return f"{name} is not there", 0
        if now not in ("active", "activating"):
            return f"{name} is {now}", 0
        if unit.get("UnitFileState") != "enabled":
            return f"{name} does not start at boot", 0
        pid = pid or int(unit.get("MainPID", "0") or 0)
    return "", pid


def _user(pid: int) -> int:
    """Who runs it; -1 where that cannot be seen."""
    try:
        return os.stat(f"/proc/{pid}").st_uid if pid else -1
    except OSError:
        return -1


def _newest() -> float:
    """When it wrote the newest number, or gave the last sign of life; where cron starts it, it may
    not have had its turn yet."""
    found = [0.0]
    today = f"{STATE}/history/raw-{history.day(time.time())}"
    for path in (f"{STATE}/alive", today, "" if system.has_systemd() else CRON):
        try:
            found.append(os.stat(path).st_mtime)
        except OSError:
            continue
    return max(found)
