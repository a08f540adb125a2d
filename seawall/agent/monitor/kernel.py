"""What the kernel tells in /proc, read so that no garbage, and no counter that ran over, can do
more than leave a value out.

Every function takes text and returns numbers, or None.
"""

from __future__ import annotations

LIMIT = 1 << 18
"""Bytes that are read of any of these files, at most."""


def text(path: str, limit: int = LIMIT) -> str:
    """A file's text; "" where it cannot be read."""
    try:
        with open(path, "rb") as file:
            return file.read(limit).decode("utf-8", "replace")
    except (OSError, ValueError):
        return ""


def whole(word: str) -> "int | None":
    """A number without a sign, as kernels write it."""
    return int(word) if word.isascii() and word.isdigit() and len(word) < 25 else None


def times(stat: str) -> "list[int] | None":
    """The processors' ticks: user nice system idle iowait irq softirq steal, see proc(5)."""
    words = stat.partition("\n")[0].split()
    if len(words) < 9 or words[0] != "cpu":
        return None
    found = [whole(word) for word in words[1:9]]
    return None if None in found else [number for number in found if number is not None]


def shares(before: "list[int] | None", now: "list[int] | None") -> "dict[str, float]":
    """Percent of the time between: busy, waiting for disks, given to others. {} when a counter went
    back (a suspend, a counter that ran over) or nothing happened."""
    if not before or not now or len(before) != 8 or len(now) != 8:
        return {}
    passed = [after - first for first, after in zip(before, now)]
    total = sum(passed)
    if total <= 0 or min(passed) < 0:
        return {}
    idle = passed[3] + passed[4]
    return {
        "busy": 100.0 * (total - idle) / total,
        "waiting": 100.0 * passed[4] / total,
        "stolen": 100.0 * passed[7] / total,
    }


def sizes(meminfo: str) -> "dict[str, int]":
    """/proc/meminfo in bytes."""
    found = {}
    for line in meminfo.splitlines():
        name, _, amount = line.partition(":")
        words = amount.split()
        number = whole(words[0]) if words else None
        if number is not None:
            found[name] = number * 1024
    return found


def share(part: "int | None", total: "int | None") -> "float | None":
    """Percent of a whole, from 0 to 100; None where there is no whole."""
    if part is None or not total or total < 0:
        return None
    return min(100.0, max(0.0, 100.0 * part / total))


def counter(vmstat: str, name: str) -> "int | None":
    """One counter of /proc/vmstat, or of any file with `name number` lines."""
    at = 0 if vmstat.startswith(f"{name} ") else vmstat.find(f"\n{name} ") + 1
    if at == 0 and not vmstat.startswith(f"{name} "):
        return None
    words = vmstat[at : at + 200].partition("\n")[0].split()
    return whole(words[1]) if len(words) == 2 else None


def growth(before: "int | None", now: "int | None") -> "int | None":
    """By how much a counter grew; None when it went back or is not there."""
    if before is None or now is None or now < before:
        return None
    return now - before


def stalled(pressure: str, kind: str) -> "float | None":
    """Percent of the last minute that `some` or all (`full`) programs waited."""
    for line in pressure.splitlines():
        if line.startswith(f"{kind} "):
            _, found, rest = line.partition("avg60=")
            return number(rest.split()[0]) if found and rest.split() else None
    return None


def load(loadavg: str) -> "float | None":
    """How many programs wanted to run, on average of fifteen minutes."""
    words = loadavg.split()
    return number(words[2]) if len(words) > 2 else None


def number(word: str) -> "float | None":
    """A number with a dot, not negative, not endless."""
    before, _, after = word.partition(".")
    plain = before.isascii() and before.isdigit() and (not after or after.isdigit())
    return float(word) if plain and after.isascii() and len(word) < 25 else None


def traffic(dev: str) -> "tuple[int, int] | None":
    """Bytes in and out over all interfaces but the loopback, of /proc/net/dev."""
    come = gone = 0
    for line in dev.splitlines()[2:]:
        name, _, rest = line.partition(":")
        words = rest.split()
        if len(words) < 9 or name.strip() == "lo":
            continue
        first, second = whole(words[0]), whole(words[8])
        if first is not None and second is not None:
            come, gone = come + first, gone + second
    return come, gone
