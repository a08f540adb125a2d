"""How it was: ninety days of numbers in a folder that never grows past its bound.

Every look is appended to the file of its day. What is older than two days is thinned to a number a
minute, then to one in ten minutes, each file made beside the old one and renamed.
"""

from __future__ import annotations

import os
import time

from seawall.agent.monitor import frames

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Iterator

FOLDER = "/var/lib/seawall-monitor/history"
KEPT = (
    *("cpu.busy", "cpu.waiting", "cpu.stolen", "cpu.load", "memory.available", "memory.stalled"),
    *("swap.used", "io.stalled", "network.in", "network.out", "disk.used", "disk.free"),
    *("disk.inodes_used", "database.connections"),
)
"""The metrics that are kept over time."""
KINDS = {"raw": (0, 2), "minute": (60, 14), "ten": (600, 90)}
"""Each kind of file: seconds a number stands for, days it is kept."""
BOUND = 45_000_000
"""Bytes of all files; beyond, the oldest of the finest go first."""
SYNC = 60.0
"""Seconds of numbers that a power cut may cost."""


def series(sample: "dict[str, dict[str, float]]") -> "dict[str, float]":
    """The numbers that are kept, by metric and subject in one word."""
    return {
        f"{metric} {subject}".strip(): value
        for metric in KEPT
        for subject, value in sample.get(metric, {}).items()
    }


def day(at: float) -> str:
    """The day of a moment, as files are named."""
    return time.strftime("%Y%m%d", time.gmtime(min(max(at, 0), 4e9)))


class History:
    """Appends. One that cannot write says so and is tried again at the next look."""

    def __init__(self, folder: str = FOLDER) -> None:
        self.folder = folder
        self.handle, self.day = -1, ""
        self.names: "list[str]" = []
        self.synced = 0.0

    def append(self, at: float, values: "dict[str, float]") -> None:
        """Write down the numbers of a look; OSError when there is no room."""
        head = b""
        if self.handle < 0 or day(at) != self.day:
            self._open(day(at))
            self.names = []
        fresh = [name for name in values if name not in self.names]
        if fresh and len(self.names) < frames.MOST:
            self.names = [*self.names, *fresh][: frames.MOST]
            head = frames.named(self.names)
        found = [values.get(name, frames.MISSING) for name in self.names]
        os.write(self.handle, head + frames.valued(at, found))
        if not 0 <= at - self.synced < SYNC:
            os.fdatasync(self.handle)
            self.synced = at

    def _open(self, name: str) -> None:
        self.close()
        os.makedirs(self.folder, mode=0o700, exist_ok=True)
        path = f"{self.folder}/raw-{name}"
        self.handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self.day = name

    def close(self) -> None:
        """Let go of the file."""
        if self.handle >= 0:
            os.close(self.handle)
        self.handle = -1


def files(folder: str = FOLDER) -> "list[tuple[str, str]]":
    """Kind and day of every file, oldest first."""
    try:
        found = [name.partition("-") for name in os.listdir(folder)]
    except OSError:
        return []
    return sorted(
        ((kind, rest) for kind, _, rest in found if kind in KINDS and rest.isdigit()),
        key=lambda each: (each[1], each[0]),
    )


def size(folder: str = FOLDER) -> int:
    """The bytes of all files."""
    return sum(_size(f"{folder}/{kind}-{day}") for kind, day in files(folder))


def _size(path: str) -> int:
    try:
        return os.stat(path).st_size
    except OSError:
        return 0


def read(path: str) -> bytes:
    """A file of history; nothing where it cannot be read."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""


def due(now: float, folder: str = FOLDER) -> bool:
    """True when there is something to thin or to drop."""
    return bool(_stale(now, folder)) or bool(_raw(now, folder)) or size(folder) > BOUND


def _stale(now: float, folder: str) -> "list[tuple[str, str]]":
    return [
        (kind, name)
        for kind, name in files(folder)
        if name < day(now - (KINDS[kind][1] + 1) * 86400)
    ]


def _raw(now: float, folder: str) -> "list[str]":
    """Days that are over and were not thinned yet."""
    there = set(files(folder))
    return [
        name
        for kind, name in there
        if kind == "raw" and name < day(now) and ("ten", name) not in there
    ]


def thin(now: float, folder: str = FOLDER) -> None:
    """Make the coarser files of days that are over, drop what is too old, keep to the bound."""
    for name in _raw(now, folder):
        content = read(f"{folder}/raw-{name}")
        for kind in ("minute", "ten"):
            _write(f"{folder}/{kind}-{name}", coarser(content, KINDS[kind][0]))
    for kind, name in _stale(now, folder):
        os.unlink(f"{folder}/{kind}-{name}")
    for kind, name in sorted(files(folder), key=lambda each: (list(KINDS).index(each[0]), each[1])):
        if size(folder) <= BOUND:
            return
        if (kind, name) != ("raw", day(now)):
            os.unlink(f"{folder}/{kind}-{name}")


def coarser(content: bytes, seconds: int) -> bytes:
    """The same numbers, one mean for each so many seconds."""
    sums: "dict[int, dict[str, list[float]]]" = {}
    for at, values in frames.rows(content):
        slot = sums.setdefault(at - at % seconds, {})
        for name, value in values.items():
            pair = slot.setdefault(name, [0.0, 0.0])
            pair[0] += value
            pair[1] += 1
    names = sorted({name for slot in sums.values() for name in slot})[: frames.MOST]
    parts = [frames.named(names)] if names else []
    for at in sorted(sums):
        means = [_mean(sums[at].get(name)) for name in names]
        parts.append(frames.valued(at, means))
    return b"".join(parts)


def _mean(pair: "list[float] | None") -> float:
    return pair[0] / pair[1] if pair else frames.MISSING


def _write(path: str, content: bytes) -> None:
    with open(f"{path}.new", "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.replace(f"{path}.new", path)


def between(
    since: float, until: float, only: "set[str] | None" = None, folder: str = FOLDER
) -> "Iterator[tuple[int, dict[str, float]]]":
    """Every number of a time, in order; the longer the time, the coarser the files."""
    there: "dict[str, set[str]]" = {}
    for kind, name in files(folder):
        there.setdefault(name, set()).add(kind)
    fine = ("raw", "minute", "ten") if until - since <= 2 * 86400 else ("ten", "minute", "raw")
    found: "list[tuple[int, dict[str, float]]]" = []
    for name, kinds in there.items():
        if day(since - 600) <= name <= day(until):
            kind = next(kind for kind in fine if kind in kinds)
            content = read(f"{folder}/{kind}-{name}")
            found += [row for row in frames.rows(content, only) if since <= row[0] <= until]
    yield from sorted(found, key=lambda row: row[0])
