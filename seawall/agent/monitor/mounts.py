"""File systems: how full each is, whether it can be written, and when it will be full.

Network disks are left out: one that is dead would hold up everything else.
"""

from __future__ import annotations

import os

KINDS = frozenset(
    ("ext2", "ext3", "ext4", "xfs", "btrfs", "f2fs", "zfs", "overlay", "tmpfs", "vfat", "bcachefs")
)
LEFT_OUT = (
    *("/proc", "/sys", "/dev", "/snap", "/var/lib/docker", "/var/lib/containers"),
    *(f"/run/{name}" for name in ("credentials", "user", "host", "lock", "docker", "systemd")),
)
MAY_BE_READ_ONLY = ("/boot", "/usr", "/mnt", "/media", "/run")
MOST = 64
"""File systems that are looked at."""
POINTS, APART = 36, 600.0
"""A forecast goes by so many looks at the free room, so many seconds apart: six hours."""
ENOUGH = 6
"""Looks without which there is no forecast."""


def found(mountinfo: str) -> "list[tuple[str, bool]]":
    """The path of each file system that can fill up, once each, and whether the kernel lets
    nobody write to it. What only this unit sees as read-only is not."""
    seen: "dict[str, tuple[str, bool]]" = {}
    for line in mountinfo.splitlines():
        left, separator, right = line.partition(" - ")
        words, kind = left.split(" "), right.split(" ")
        if not separator or len(words) < 6 or len(kind) < 3 or kind[0] not in KINDS:
            continue
        path = plain(words[4])
        if not path.startswith("/") or path.startswith(LEFT_OUT) or words[2] in seen:
            continue
        seen[words[2]] = (path, "ro" in kind[2].split(","))
    return list(seen.values())[:MOST]


def plain(written: str) -> str:
    """A path as it is: the kernel writes a space as \\040."""
    for code, letter in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        written = written.replace(code, letter)
    return written


def room(path: str) -> "dict[str, float]":
    """Percent used, bytes free, percent of inodes used; {} for one that vanished."""
    try:
        seen = os.statvfs(path)
    except OSError:
        return {}
    told = {}
    mine = seen.f_blocks - seen.f_bfree + seen.f_bavail
    if seen.f_blocks > 0 and mine > 0:
        told["used"] = 100.0 * (seen.f_blocks - seen.f_bfree) / mine
        told["free"] = float(seen.f_bavail * seen.f_frsize)
    if seen.f_files > 0:
        told["inodes_used"] = 100.0 * (seen.f_files - seen.f_ffree) / seen.f_files
    return told


def hours_left(points: "list[list[float]]") -> "float | None":
    """Hours until nothing is free, by the median of the slopes between all pairs of looks (Theil
    and Sen): a log that is rotated, or one large file, does not turn it. None: too few looks; a
    year when it does not shrink."""
    if len(points) < ENOUGH:
        return None
    slopes = sorted(
        (later[1] - first[1]) / (later[0] - first[0])
        for at, first in enumerate(points)
        for later in points[at + 1 :]
        if later[0] > first[0]
    )
    if not slopes:
        return None
    middle = slopes[len(slopes) // 2]
    if middle >= 0:
        return 8760.0
    return min(8760.0, max(0.0, points[-1][1] / -middle / 3600.0))


def look(points: "dict[str, list[list[float]]]", free: "dict[str, float]", now: float) -> None:
    """Add what is free now to the looks of each file system, if it is time; forget those gone.
    `now` only goes forward."""
    for path in [path for path in points if path not in free]:
        del points[path]
    for path, left in free.items():
        mine = points.setdefault(path, [])
        if not mine or now - mine[-1][0] >= APART or now < mine[-1][0]:
            mine.append([now, left])
            del mine[:-POINTS]
