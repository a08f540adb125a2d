"""Where data lives, and how much room is left there."""

from __future__ import annotations

import os
from typing import Any, Dict, Iterator, List

from seawall.agent.probes.reading import text

REAL = {"ext2", "ext3", "ext4", "xfs", "btrfs", "f2fs", "zfs", "overlay", "tmpfs", "vfat"}
NETWORK = {"nfs", "nfs4", "cifs", "fuse.sshfs", "ceph", "glusterfs"}
SYSTEM = (
    *("/proc", "/sys", "/dev", "/snap", "/var/lib/docker", "/var/lib/containers"),
    *(f"/run/{name}" for name in ("credentials", "user", "host", "lock", "docker", "systemd")),
)


def disks() -> List[Dict[str, Any]]:
    """Every mounted file system that can fill up, once each."""
    seen = set()
    found = []
    for mount in parsed(text("/proc/self/mountinfo")):
        if mount["device"] in seen or mount["path"].startswith(SYSTEM):
            continue
        if mount["type"] in REAL | NETWORK:
            seen.add(mount["device"])
            found.append({**mount, **_room(mount["path"])})
    return found[:100]


def parsed(mountinfo: str) -> Iterator[Dict[str, Any]]:
    """The rows of /proc/self/mountinfo, see proc(5)."""
    for line in mountinfo.splitlines():
        before, separator, after = line.partition(" - ")
        left, right = before.split(), after.split()
        if not separator or len(left) < 6 or len(right) < 3:
            continue
        path = left[4].encode().decode("unicode_escape", "replace")
        flags = left[5].split(",") + right[2].split(",")
        device = {"device": left[2], "path": path, "type": right[0], "source": right[1]}
        yield {**device, "read_only": "ro" in flags}


def _room(path: str) -> Dict[str, int]:
    try:
        seen = os.statvfs(path)
    except OSError:
        return {"size": 0, "free": 0, "inodes": 0, "inodes_free": 0}
    return {
        "size": seen.f_blocks * seen.f_frsize,
        "free": seen.f_bavail * seen.f_frsize,
        "inodes": seen.f_files,
        "inodes_free": seen.f_favail,
    }
