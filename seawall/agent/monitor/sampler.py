"""One look at everything: numbers by metric and subject. What cannot be seen is left out, so that
nothing is made of it; a subject that is gone is not in its metric any more.

Counters are kept as plain numbers, so that the next look can be another program's.
"""

from __future__ import annotations

import os

from seawall.agent.monitor import doors, kernel, mounts, sockets
from seawall.agent.monitor.bus import Bus, BusError
from seawall.agent.monitor.seen import Seen
from seawall.agent.monitor.units import Units

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

HOST = ""
"""The subject of what there is one of."""
KILLED_FOR = 900.0
"""Seconds in which a kill by the kernel is news."""
ERRORS_FOR = 3600.0
PRESSURE = "/proc/pressure"
ACCOUNTS = ("/etc/passwd", "/etc/group")


class Sampler:
    """What has to be remembered from one look to the next."""

    def __init__(self, kept: "dict[str, Any]", declared: "dict[str, Any]") -> None:
        self.kept = kept
        self.declared = declared
        self.points: "dict[str, list[list[float]]]" = kept.setdefault("points", {})
        self.units = Units(Bus(), kept.setdefault("units", {}))
        self.seen = Seen()
        self.looks = 0
        self.mounted: "tuple[str, list[tuple[str, bool]]]" = ("", [])
        self.accounts: "list[float]" = []
        self.admins: "set[str]" = set()
        self.trouble: "dict[str, str]" = {}
        """What could not be seen that should have been, and why."""
        self.causes: "dict[str, list[str]]" = {}
        """What is known beside a number, by metric/subject."""

    def look(self, now: float, passed: float) -> "dict[str, dict[str, float]]":
        """Everything there is to see. `now` is the time of day, `passed` the seconds since the last
        look, of a clock that nobody sets."""
        self.kept["age"] = float(self.kept.get("age", 0.0)) + passed
        told: "dict[str, dict[str, float]]" = {}
        mountinfo = self._mountinfo()
        if not (contained() and " /proc/stat " not in mountinfo):
            self._processors(told)
        if not (contained() and " /proc/meminfo " not in mountinfo):
            self._memory(told)
        if not (contained() and " /proc/vmstat " not in mountinfo):
            self._counters(told, now, passed)
        if not contained() or f" {PRESSURE}" in mountinfo:
            self._stalled(told)
        self._disks(told, mountinfo)
        self._network(told, passed)
        self._who(told)
        if os.path.isdir("/run/systemd/system"):
            self._units(told, now)
        self._others(told, now)
        self.looks += 1
        return told

    def _mountinfo(self) -> str:
        """What is mounted, read every third time: in a unit of its own that is a long list."""
        if self.looks % 3 == 0 or not self.mounted[0]:
            return kernel.text("/proc/self/mountinfo", 1 << 20)
        return self.mounted[0]

    def _processors(self, told: "dict[str, dict[str, float]]") -> None:
        ticks = kernel.times(kernel.text("/proc/stat", 4096))
        for name, value in kernel.shares(self.kept.get("ticks"), ticks).items():
            told[f"cpu.{name}"] = {HOST: value}
        self.kept["ticks"] = ticks
        load = kernel.load(kernel.text("/proc/loadavg", 4096))
        if load is not None:
            told["cpu.load"] = {HOST: load / (os.cpu_count() or 1)}

    def _memory(self, told: "dict[str, dict[str, float]]") -> None:
        sizes = kernel.sizes(kernel.text("/proc/meminfo"))
        left = kernel.share(sizes.get("MemAvailable"), sizes.get("MemTotal"))
        if left is not None:
            told["memory.available"] = {HOST: left}
        free = kernel.share(sizes.get("SwapFree"), sizes.get("SwapTotal"))
        told["swap.used"] = {HOST: 0.0 if free is None else 100.0 - free}

    def _counters(self, told: "dict[str, dict[str, float]]", now: float, passed: float) -> None:
        vmstat = kernel.text("/proc/vmstat")
        come = kernel.growth(self.kept.get("swapped"), kernel.counter(vmstat, "pswpin"))
        self.kept["swapped"] = kernel.counter(vmstat, "pswpin")
        if come is not None and passed > 0:
            told["swap.in"] = {HOST: come / passed}
        kills = kernel.counter(vmstat, "oom_kill")
        if kills is not None:
            told["memory.kills"] = {HOST: self._recent("kills", kills, KILLED_FOR)}

    def _recent(self, name: str, count: int, seconds: float) -> float:
        """How often something happened in the last so many seconds, by a counter of it."""
        events: "list[list[float]]" = self.kept.setdefault(f"recent {name}", [])
        age = float(self.kept["age"])
        more = kernel.growth(self.kept.get(name), count)
        if more:
            events.append([age, float(more)])
        self.kept[name] = count
        events[:] = [each for each in events if 0 <= age - each[0] < seconds][-50:]
        return sum(each[1] for each in events)

    def _stalled(self, told: "dict[str, dict[str, float]]") -> None:
        for kind in ("memory", "io"):
            value = kernel.stalled(kernel.text(f"{PRESSURE}/{kind}", 4096), "full")
            if value is not None:
                told[f"{kind}.stalled"] = {HOST: value}

    def _disks(self, told: "dict[str, dict[str, float]]", mountinfo: str) -> None:
        if mountinfo != self.mounted[0]:
            self.mounted = (mountinfo, mounts.found(mountinfo))
        ignored = self.declared.get("ignore", [])
        for path, read_only in self.mounted[1]:
            if path in ignored:
                continue
            if not path.startswith(mounts.MAY_BE_READ_ONLY):
                told.setdefault("disk.read_only", {})[path] = float(read_only)
            room = {} if read_only else mounts.room(path)
            for name, value in room.items():
                told.setdefault(f"disk.{name}", {})[path] = value
        for name in ("disk.used", "disk.inodes_used", "disk.read_only"):
            told.setdefault(name, {})
        self._forecast(told)
        self._errors(told)

    def _forecast(self, told: "dict[str, dict[str, float]]") -> None:
        mounts.look(self.points, told.get("disk.free", {}), float(self.kept["age"]))
        for path, points in self.points.items():
            left = mounts.hours_left(points) if len(points) >= mounts.ENOUGH else None
            if left is not None:
                told.setdefault("disk.hours_left", {})[path] = left

    def _errors(self, told: "dict[str, dict[str, float]]") -> None:
        if self.looks % 6:
            return
        for disk in _names("/sys/fs/ext4"):
            count = kernel.whole(kernel.text(f"/sys/fs/ext4/{disk}/errors_count", 64).strip())
            if count is not None:
                seen = self._recent(f"errors {disk}", count, ERRORS_FOR)
                told.setdefault("disk.errors", {})[disk] = seen

    def _network(self, told: "dict[str, dict[str, float]]", passed: float) -> None:
        both = kernel.traffic(kernel.text("/proc/net/dev"))
        before = self.kept.get("traffic") or [None, None]
        self.kept["traffic"] = list(both) if both else None
        for name, first, now in zip(("in", "out"), before, both or ()):
            grown = kernel.growth(first, now)
            if grown is not None and passed > 0:
                told[f"network.{name}"] = {HOST: grown / passed}

    def _who(self, told: "dict[str, dict[str, float]]") -> None:
        """What is new of doors and admins. The first look takes all of them for known."""
        found = sockets.listening()
        there = found or set()
        for table in ("udp", "udp6") if found is not None else ("tcp", "tcp6", "udp", "udp6"):
            there |= doors.listening(kernel.text(f"/proc/net/{table}", 1 << 21), table[:3])
        told["port.new"] = self._new("ports", there)
        accounts = [_changed(path) for path in ACCOUNTS]
        if accounts != self.accounts:
            self.accounts = accounts
            self.admins = doors.admins(*(kernel.text(path, 1 << 20) for path in ACCOUNTS))
        if self.admins:
            told["admin.new"] = self._new("admins", self.admins)

    def _new(self, kind: str, there: "set[str]") -> "dict[str, float]":
        known = self.kept.setdefault("known", {})
        if kind not in known:
            known[kind] = sorted(there)
        expected = {*known[kind], *self.declared.get(kind, ()), *self.declared.get("ignore", ())}
        return dict.fromkeys(sorted(there - expected), 1.0)

    def _units(self, told: "dict[str, dict[str, float]]", now: float) -> None:
        ignored = self.declared.get("ignore", [])
        try:
            told["unit.failed"] = _without(self.units.failed(), ignored)
            told["unit.restarts"] = _without(self.units.crashes(now), ignored)
            if self.looks % 3 == 0:
                told["timer.missed"] = _without(self.units.stands(now), ignored)
            self.trouble.pop("systemd", None)
        except BusError as error:
            self.trouble["systemd"] = f"systemd does not answer: {error}"

    def _others(self, told: "dict[str, dict[str, float]]", now: float) -> None:
        """What others put down for us, and what stood in the way."""
        self.seen.read(now)
        for metric, values in self.seen.values.items():
            told[metric] = values
        self.causes = self.seen.causes
        held_up = {**self.seen.trouble, **self.trouble}
        told["monitor.trouble"] = dict.fromkeys(held_up, 1.0)
        self.causes.update({f"monitor.trouble/{name}": [why] for name, why in held_up.items()})


def _without(values: "dict[str, float]", ignored: "list[str]") -> "dict[str, float]":
    return {name: value for name, value in values.items() if name not in ignored}


def _changed(path: str) -> float:
    try:
        return os.stat(path).st_mtime
    except OSError:
        return 0.0


def _names(folder: str) -> "list[str]":
    try:
        return sorted(os.listdir(folder))[:50]
    except OSError:
        return []


def contained() -> bool:
    """True in a container, which sees the processors and the memory of its host."""
    return os.path.exists("/run/systemd/container") or os.path.exists("/.dockerenv")
