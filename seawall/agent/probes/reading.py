"""How probes read a server: bounded in size and time, and never surprised by what is there."""

from __future__ import annotations

import os
import stat
from typing import Dict, Iterator, List, Sequence, Tuple

from seawall.agent import system

LIMIT = 4 * 1024 * 1024
"""No more than this many bytes of any file are read, unless a probe knows better."""


class Unseen(Exception):
    """Something could not be seen: why, and what would help."""

    def __init__(self, why: str, fix: str = "") -> None:
        super().__init__(why)
        self.why = why
        self.fix = fix


def text(path: str, limit: int = LIMIT) -> str:
    """A file's text, "" when there is none; PermissionError when it may not be read."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except PermissionError:
        raise
    except OSError:
        return ""
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            return ""
        try:
            return file.read(limit).decode("utf-8", "replace")
        except OSError:  # files in /proc may refuse once opened
            return ""


def value(path: str) -> str:
    """The one line of a small file such as those in /proc/sys."""
    return text(path, 4096).strip()


def names(folder: str, most: int = 2000) -> List[str]:
    """What is in a folder, sorted; nothing when it is not there."""
    try:
        return sorted(os.listdir(folder))[:most]
    except PermissionError:
        raise
    except OSError:
        return []


def said(argv: Sequence[str], seconds: float = 5) -> str:
    """What a program writes to stdout, "" when it does not exist; Unseen when it takes too long."""
    result = system.run(argv, seconds=seconds)
    if result.code == 124:
        raise Unseen(f"{argv[0]} gave no answer in {seconds:g} s", "look at the server's load")
    return result.output


def shown(properties: str, units: Sequence[str]) -> List[Dict[str, str]]:
    """What the init that runs knows of units, in systemd's words; those without a file, too."""
    if not system.has_systemd():
        from seawall.agent.steps import services

        return [services.state(unit) for unit in units]
    blocks = said(["systemctl", "show", "-p", properties, *units]).split("\n\n")
    return [dict(_pairs(block)) for block in blocks]


def _pairs(block: str) -> Iterator[Tuple[str, str]]:
    for line in block.splitlines():
        key, equals, value = line.partition("=")
        if equals:
            yield key, value


def need_root() -> None:
    """Raise PermissionError unless everything may be read."""
    if os.geteuid() != 0:
        raise PermissionError


def processes() -> Iterator[str]:
    """The process ids that are there now."""
    return (name for name in os.listdir("/proc") if name.isdigit())


def container() -> bool:
    """True inside nspawn, LXC, Docker and the like: the kernel belongs to somebody else."""
    try:
        if text("/run/systemd/container"):
            return True
        return "container=" in text("/proc/1/environ")
    except PermissionError:
        return os.path.exists("/run/systemd/container")
