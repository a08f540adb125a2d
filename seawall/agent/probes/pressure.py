"""How hard the machine works: load, memory, and what the kernel had to kill."""

from __future__ import annotations

import os
import re
from typing import Any, Dict, Optional

from seawall.agent.probes.reading import container, text
from seawall.agent.probes.system import meminfo


def pressure() -> Dict[str, Any]:
    """Load and memory now, kills since boot; None for what belongs to a container's host."""
    memory = meminfo()
    load = text("/proc/loadavg").split()
    return {
        "cpus": os.cpu_count() or 1,
        "load_15": float(load[2]) if len(load) > 2 and _ours("/proc/loadavg") else None,
        "memory": memory.get("MemTotal", 0),
        "available": memory.get("MemAvailable", 0),
        "swap": memory.get("SwapTotal", 0),
        "swap_free": memory.get("SwapFree", 0),
        "oom_kills": _oom_kills(),
        "stalled": {kind: _stalled(kind) for kind in ("cpu", "io", "memory")},
    }


def _ours(path: str) -> bool:
    """In a container these show the host, unless LXCFS mounted the container's own over them."""
    return not container() or f" {path} " in text("/proc/self/mountinfo")


def _oom_kills() -> Optional[int]:
    if _ours("/proc/vmstat"):
        match = re.search(r"^oom_kill (\d+)$", text("/proc/vmstat"), re.MULTILINE)
    else:
        match = re.search(r"^oom_kill (\d+)$", text("/sys/fs/cgroup/memory.events"), re.MULTILINE)
    return int(match.group(1)) if match else None


def _stalled(kind: str) -> Optional[float]:
    """The share of the last five minutes, in percent, that something had to wait for this."""
    if not _ours("/proc/pressure/cpu"):
        return None
    match = re.search(r"^some .*avg300=([\d.]+)", text(f"/proc/pressure/{kind}"), re.MULTILINE)
    return float(match.group(1)) if match else None
