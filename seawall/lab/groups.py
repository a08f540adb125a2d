"""A control group per server: its processes can be listed, and ended, and no others.

The loop that boots a server and the server itself lie in two groups below it, because a group
that hands controllers down may hold no processes of its own.
"""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from seawall.errors import SeawallError

PARTS = ("loop", "machine")


def place(interface: str) -> Path:
    return _top() / f"seawall-lab-{interface}"


def make(interface: str) -> None:
    """Make the groups, with every controller this machine can hand down."""
    group = place(interface)
    for part in PARTS:
        (group / part).mkdir(parents=True, exist_ok=True)
    for controller in (group / "cgroup.controllers").read_text().split():
        with contextlib.suppress(OSError):  # one that cannot be handed down
            (group / "cgroup.subtree_control").write_text(f"+{controller}")


def has_processes(interface: str) -> bool:
    events = place(interface) / "cgroup.events"
    return events.exists() and "populated 1" in events.read_text()


def processes(interface: str) -> Iterator[int]:
    """Numbers of its processes; groups come and go while they are read."""
    for folder, _, _ in os.walk(place(interface)):
        with contextlib.suppress(OSError):
            yield from map(int, Path(folder, "cgroup.procs").read_text().split())


def inner_numbers(pid: int) -> list[str]:
    """A process's numbers in the namespaces below this one."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return []
    return next(line for line in lines if line.startswith("NSpid:")).split()[2:]


def kill(interface: str) -> None:
    """End all of its processes at once; none can escape by forking."""
    if (group := place(interface)).exists():
        (group / "cgroup.kill").write_text("1")


def remove(interface: str) -> None:
    """Remove the emptied groups, innermost first, also those that nspawn made in older trees."""
    name = place(interface).name
    for kind in ("cgroup", "cgroup2"):
        for tree in _mounted(kind):
            for folder, _, _ in os.walk(tree / name, topdown=False):
                Path(folder).rmdir()


def _top() -> Path:
    for tree in _mounted("cgroup2"):
        return tree
    raise SeawallError(
        "lab: this machine has no cgroup2", "mount -t cgroup2 none /sys/fs/cgroup/unified"
    )


def _mounted(kind: str) -> list[Path]:
    lines = [line.split() for line in Path("/proc/self/mounts").read_text().splitlines()]
    return [Path(where) for _, where, this, *_ in lines if this == kind]
