"""Logs: whether they outlive a reboot, and whether they have an end."""

from __future__ import annotations

import os
from typing import Any, Dict, Iterator, Tuple

from seawall.agent.probes.reading import names, need_root, processes, text

HUGE = 1 << 30
MOST = 5000
DAEMONS = ("rsyslogd", "syslog-ng", "syslogd", "socklog")


def journal() -> Dict[str, Any]:
    """Where the journal is kept, which syslog runs, and the space that logs take."""
    need_root()
    files = list(_files("/var/log"))
    disk = os.statvfs("/var/log")
    return {
        "persistent": _has_journal("/var/log/journal"),
        "volatile": _has_journal("/run/log/journal"),
        "syslog": next((name for name in map(_program, processes()) if name in DAEMONS), ""),
        "bytes": sum(size for _, size in files),
        "disk_bytes": disk.f_blocks * disk.f_frsize,
        "huge": [{"path": path, "bytes": size} for path, size in files if size >= HUGE][:20],
    }


def _program(pid: str) -> str:
    return text(f"/proc/{pid}/comm", 64).strip()


def _has_journal(folder: str) -> bool:
    found = (each for name in names(folder) for each in names(f"{folder}/{name}", 50))
    return any(name.endswith(".journal") for name in found)


def _files(top: str) -> Iterator[Tuple[str, int]]:
    """Every log with the space it really takes: lastlog looks huge and is not."""
    count = 0
    for folder, _, inside in os.walk(top):
        for name in inside:
            count += 1
            if count > MOST:
                return
            try:
                yield f"{folder}/{name}", os.lstat(f"{folder}/{name}").st_blocks * 512
            except OSError:
                continue
