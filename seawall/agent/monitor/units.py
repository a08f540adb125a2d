"""Units of systemd: those that failed, those that are started again and again, timers that stand.

A restart is seen by its control group, which is another one each time, or by its first program;
only then is systemd asked how often. So a hundred healthy units cost one look into a folder.
"""

from __future__ import annotations

import os

from seawall.agent.monitor.bus import Bus, strings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

WANTED = "/etc/systemd/system/timers.target.wants"
SLICES = ("/sys/fs/cgroup/system.slice", "/sys/fs/cgroup/unified/system.slice")
SYSTEMD = "/org/freedesktop/systemd1"
UNIT = f"{SYSTEMD}/unit/"
HOUR, RECENT = 3600.0, 600.0
"""Restarts count for an hour, and only while the last of them is so young."""
LATE = 900.0
"""Seconds that a timer may be late before it is missed."""
MOST = 300


def path_of(unit: str) -> str:
    """Where systemd keeps a unit on the bus."""
    kept = [c if c.isascii() and c.isalnum() else f"_{ord(c):02x}" for c in unit if ord(c) < 256]
    return UNIT + "".join(kept)


class Units:
    """What was seen of units so far. What is `kept` outlives a start of the monitor's own."""

    def __init__(self, bus: Bus, kept: "dict[str, dict[str, Any]]") -> None:
        self.bus = bus
        self.groups: "dict[str, str]" = {}
        self.listed: "list[list[str]]" = []
        """The units that failed, and those on their way, at the last look."""
        self.late: "set[str]" = set()
        self.turn = 0
        self.counted: "dict[str, int]" = kept.setdefault("counted", {})
        self.restarts: "dict[str, list[float]]" = kept.setdefault("restarts", {})

    def failed(self) -> "dict[str, float]":
        """Every unit that failed; BusError when systemd cannot be asked."""
        self.listed = self._listed()
        return {row[0]: 1.0 for row in self.listed if row[3] == "failed"}

    def crashes(self, now: float) -> "dict[str, float]":
        """How often each unit was started again within an hour, if it still goes on."""
        for unit in self._moved():
            self._count(unit, now)
        for unit in [unit for unit in self.restarts if self._ended(unit)]:
            del self.restarts[unit]
        for unit in list(self.restarts):
            kept = [at for at in self.restarts[unit] if 0 <= now - at < HOUR]
            if kept:
                self.restarts[unit] = kept
            else:
                del self.restarts[unit]
        recent = {unit: ats for unit, ats in self.restarts.items() if now - ats[-1] < RECENT}
        return {unit: float(len(ats)) for unit, ats in recent.items()}

    def _listed(self) -> "list[list[str]]":
        asked = strings(["failed", "activating"])
        return self.bus.ask(SYSTEMD, "ListUnitsFiltered", "as", asked).rows()[:MOST]

    def _moved(self) -> "list[str]":
        """Units whose programs are other ones than before, and those between two tries."""
        before, self.groups = self.groups, groups()
        moved = [name for name, group in self.groups.items() if before.get(name, group) != group]
        again = [row[0] for row in self.listed if row[4] == "auto-restart"]
        return list(dict.fromkeys([*moved, *again, *self.restarts]))[:50]

    def _ended(self, unit: str) -> bool:
        """True for one that somebody stopped: it loops no more."""
        return self.bus.property(path_of(unit), "Unit", "ActiveState") == "inactive"

    def _count(self, unit: str, now: float) -> None:
        if not unit.endswith(".service"):
            return
        count = self.bus.property(path_of(unit), "Service", "NRestarts")
        if not isinstance(count, int):
            return
        # The first time it is seen to move, older restarts are no news; and systemd forgets the
        # number when somebody starts a unit by hand.
        before = self.counted.get(unit, max(0, count - 1))
        fresh = count - before if count >= before else count
        self.counted[unit] = count
        if fresh > 0:
            mine = self.restarts.setdefault(unit, [])
            mine += [now] * min(fresh, 100)
            del mine[:-200]

    def stands(self, now: float) -> "dict[str, float]":
        """Every timer that is wanted: 1 for one that does not run, or is far behind."""
        asked = strings(["active"]), strings(["*.timer"])
        body = asked[0] + b"\0" * (-len(asked[0]) % 4) + asked[1]
        rows = self.bus.ask(SYSTEMD, "ListUnitsByPatterns", "asas", body).rows()
        active, wanted = {row[0] for row in rows}, _wanted()
        self.turn += 1
        if wanted:  # one of them each time: is it behind?
            name = wanted[self.turn % len(wanted)]
            self.late = {*self.late - {name}, *([name] if self._late(name, now) else [])}
        return {
            name: float(name in self.late or (name not in active and self._stopped(name)))
            for name in wanted
        }

    def _stopped(self, timer: str) -> bool:
        """Not one that has no business on this machine, or is no more than a name."""
        path = path_of(timer)
        if self.bus.property(path, "Unit", "LoadState") != "loaded":
            return False
        return self.bus.property(path, "Unit", "ConditionResult") != 0

    def _late(self, timer: str, now: float) -> bool:
        path = path_of(timer)
        due = self.bus.property(path, "Timer", "NextElapseUSecRealtime")
        late = isinstance(due, int) and 0 < due < 1 << 62 and now - due / 1e6 > LATE
        return late and self.bus.property(path, "Unit", "SubState") == "waiting"


def _wanted() -> "list[str]":
    try:
        return sorted(name for name in os.listdir(WANTED) if name.endswith(".timer"))[:50]
    except OSError:
        return []


def groups() -> "dict[str, str]":
    """The control group of each service, by its number on the disk of the kernel's."""
    for folder in SLICES:
        try:
            with os.scandir(folder) as found:
                return {each.name: str(each.inode()) for each in found if "." in each.name}
        except OSError:
            continue
    return {}
