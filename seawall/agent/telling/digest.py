"""The week in short, on Monday morning: what was told, how full the disks are and will be, whether
data is saved and proven, how old the proofs of the channels are. One letter a server and week.
"""

from __future__ import annotations

import json
import os
import time
from typing import Any, Dict, Iterator, List, Tuple

from seawall.agent import system
from seawall.agent.telling import book, health, outbox, state
from seawall.agent.telling.declared import Declared
from seawall.agent.telling.letter import span
from seawall.agent.telling.message import Message, identity

WEEK = 7 * 86400.0
MONDAY, HOUR = 0, 8
"""When it comes, by the server's clock."""
SEEN = f"{outbox.STATE}/seen/look.json"
"""What the monitor's look with rights saw last."""
ONTIME = 1.5
"""A copy is late when it is so many periods old."""
DISKS = ("ext2", "ext3", "ext4", "xfs", "btrfs", "zfs", "f2fs", "overlay")
Room = Dict[str, Tuple[float, float]]
"""Bytes that are used and that there are, by mount."""


def write(told: Declared) -> None:
    """Put the week's letter into the outbox, if it is time."""
    now = time.time()
    there = time.localtime(now)
    known = state.load("digest")
    if not told.channels or not _is_due(there, known, now):
        return
    disks = room()
    lines = tuple(_lines(told, known, disks, now))
    week = time.strftime("%G-W%V", there)
    outbox.put(
        Message(
            identity("digest", told.server, week),
            "digest",
            "info",
            "digest",
            "",
            told.server,
            f"{told.server}: the week in short",
            now - WEEK,
            now,
            cause=lines,
        )
    )
    state.save("digest", {"at": now, "week": week, "used": {m: u for m, (u, _) in disks.items()}})


def _is_due(there: time.struct_time, known: Dict[str, Any], now: float) -> bool:
    if not known:  # the first week begins now
        state.save(
            "digest", {"at": now, "week": "", "used": {m: u for m, (u, _) in room().items()}}
        )
        return False
    if (there.tm_wday, there.tm_hour) < (MONDAY, HOUR) or there.tm_wday != MONDAY:
        return False
    return bool(known.get("week") != time.strftime("%G-W%V", there))


def _lines(told: Declared, known: Dict[str, Any], disks: Room, now: float) -> Iterator[str]:
    yield _alerts(now)
    seen = _seen()
    yield from _backups(seen)
    for mount, (used, whole) in sorted(disks.items()):
        before = known.get("used", {}).get(mount)
        yield _disk(mount, used, whole, _grown(used, before, now - float(known["at"])))
    yield _updates(seen)
    yield from _channels(told, now)


def _alerts(now: float) -> str:
    week = [each for each in book.history() if float(each["message"]["at"]) > now - WEEK]
    fires = [each["message"] for each in week if each["message"]["kind"] == "fire"]
    rules = sorted({str(each["rule"]) for each in fires})
    named = f" ({', '.join(rules[:8])})" if rules else ""
    opened = [str(each["message"]["title"]) for each in book.opened()]
    still = f"still open: {'; '.join(opened[:5])}" if opened else "none open"
    return f"Alerts: {len(fires) or 'none'}{named}, {still}."


def _seen() -> Dict[str, Dict[str, float]]:
    try:
        return dict(json.loads(system.read(SEEN) or b"{}").get("values", {}))
    except (ValueError, AttributeError):
        return {}


def _backups(seen: Dict[str, Dict[str, float]]) -> Iterator[str]:
    for name, age in sorted(seen.get("backup.age", {}).items()):
        saved = "is saved on time" if age <= ONTIME else f"has a copy {age:.1f} periods old"
        wrong = seen.get("backup.wrong", {}).get(name)
        proof = "; its last proof failed" if wrong else ""
        yield f"Data: {name} {saved}{proof}."


def _grown(used: float, before: Any, seconds: float) -> float:
    """Bytes a day."""
    if not isinstance(before, (int, float)) or seconds < 86400:
        return 0.0
    return (used - before) / (seconds / 86400)


def _disk(mount: str, used: float, whole: float, daily: float) -> str:
    days = (whole - used) / daily if daily > 0 else float("inf")
    trend = f", full in about {days:.0f} days at this rate" if days < 365 else ""
    return f"Disk: {mount} {100 * used / whole:.0f} % of {whole / 1e9:.0f} GB{trend}."


def room() -> Room:
    """How full each disk is that is mounted here."""
    found: Room = {}
    devices: List[str] = []
    for row in (system.read("/proc/self/mounts") or b"").decode("utf-8", "replace").splitlines():
        device, mount, kind = (*row.split(" "), "", "", "")[:3]
        if kind in DISKS and device not in devices and (mount == "/" or kind != "overlay"):
            devices.append(device)
            _measure(mount.encode().decode("unicode_escape", "replace"), found)
    return found


def _measure(mount: str, found: Room) -> None:
    try:
        seen = os.statvfs(mount)
    except OSError:
        return
    whole = float(seen.f_blocks * seen.f_frsize)
    if whole:
        found[mount] = (whole - seen.f_bavail * seen.f_frsize, whole)


def _updates(seen: Dict[str, Dict[str, float]]) -> str:
    waiting = seen.get("updates.days", {}).get("")
    updates = f"security updates wait for {waiting:.0f} days" if waiting else "none waits"
    due = os.path.exists("/run/reboot-required")
    return f"Updates: {updates}; {'a reboot is due' if due else 'no reboot is due'}."


def _channels(told: Declared, now: float) -> Iterator[str]:
    for channel in told.channels:
        at = (health.known(channel).get("proven") or {}).get("at")
        proven = f"took a message {span(now - float(at))} ago" if at else "is not proven"
        yield f"Channel: {channel.name} {proven}."
