"""Why it may be so: who takes the memory, what grows, what a unit wrote last, who was killed.

Only looked for when somebody is told, in bounded time, and shown as it was found: it may come from
an app, and is cleaned before it is sent.
"""

from __future__ import annotations

import os
import pwd
import shlex
import time
from typing import Callable, Dict, Iterator, List, Tuple

from seawall.agent import system

FRESH = 3600.0
"""What was written within so many seconds is what grows."""
SECONDS = 3.0
"""How long it is looked for."""
LINES = 20


def likely(kind: str, subject: str) -> List[str]:
    """Lines about a cause; none where nothing was found."""
    look = KINDS.get(kind)
    try:
        return look(subject) if look else []
    except (OSError, ValueError) as error:
        return [f"the cause could not be looked for: {error}"]


def quoted(subject: str) -> str:
    """A subject as a word of a shell."""
    return shlex.quote(subject)


def _memory(_: str) -> List[str]:
    """Who has the most memory now."""
    page = os.sysconf("SC_PAGE_SIZE")
    found = sorted(((rss * page, name, pid) for pid, name, _, rss in programs()), reverse=True)
    return [f"{name} ({pid}): {amount(size)}" for size, name, pid in found[:5] if size]


def _cpu(_: str) -> List[str]:
    """Who worked the most within half a second."""
    before = {pid: ticks for pid, _, ticks, _ in programs()}
    time.sleep(0.5)
    found = [(ticks - before.get(pid, ticks), name, pid) for pid, name, ticks, _ in programs()]
    hertz = os.sysconf("SC_CLK_TCK") / 2
    return [
        f"{name} ({pid}): {100 * ticks / hertz:.0f} % of a processor"
        for ticks, name, pid in sorted(found, reverse=True)[:5]
        if ticks
    ]


def programs() -> Iterator[Tuple[int, str, int, int]]:
    """Number, name, ticks and pages of every program."""
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/stat", "rb") as file:
                line = file.read(4096).decode("utf-8", "replace")
            name, rest = line.partition("(")[2].rpartition(")")[::2]
            words = rest.split()
            yield int(pid), name, int(words[11]) + int(words[12]), int(words[21])
        except (OSError, ValueError, IndexError):
            continue


def _disk(path: str) -> List[str]:
    """Where the largest files are that were written within the hour."""
    sums: Dict[str, int] = {}
    for folder, size in _written(path, time.monotonic() + SECONDS):
        sums[folder] = sums.get(folder, 0) + size
    largest = sorted(sums.items(), key=lambda each: -each[1])[:5]
    return [f"{folder}: {amount(size)} written to within the hour" for folder, size in largest]


def _written(path: str, until: float) -> Iterator[Tuple[str, int]]:
    device, since = os.stat(path).st_dev, time.time() - FRESH
    for folder, inner, files in os.walk(path):
        if time.monotonic() > until:
            return
        inner[:] = [name for name in inner if _device(f"{folder}/{name}") == device]
        for name in files:
            try:
                seen = os.lstat(f"{folder}/{name}")
            except OSError:
                continue
            if seen.st_mtime > since:
                yield folder, seen.st_blocks * 512


def _device(path: str) -> int:
    try:
        return os.lstat(path).st_dev
    except OSError:
        return -1


def _unit(unit: str) -> List[str]:
    """How it ended, and what it wrote last."""
    asked = ["systemctl", "show", "-p", "Result,ExecMainStatus", "--value", "--", unit]
    ended = system.run(asked, seconds=5).output.split()
    journal = ["journalctl", "--unit", unit, "-n", str(LINES), "-o", "cat", "--no-pager", "-q"]
    lines = system.run(journal, seconds=5).output.splitlines()
    told = [f"it ended with: {', exit code '.join(ended)}"] if len(ended) == 2 else []
    return [*told, *lines[-LINES:]]


def _killed(_: str) -> List[str]:
    """Whom the kernel killed, by its own words."""
    journal = [
        "journalctl",
        "-k",
        "-g",
        "Killed process",
        "-n",
        "3",
        "-o",
        "cat",
        "--no-pager",
        "-q",
    ]
    return system.run(journal, seconds=5).output.splitlines()


def _port(port: str) -> List[str]:
    """Whose program listens there: the kernel tells the account to everybody."""
    protocol, _, number = port.partition("/")
    found = []
    for table in (protocol, f"{protocol}6"):
        for line in (
            (system.read(f"/proc/net/{table}") or b"").decode("ascii", "replace").split("\n")
        ):
            words = line.split()
            if len(words) > 7 and words[1].endswith(f":{int(number):04X}") and words[7].isdigit():
                found.append(f"a program of {_account(int(words[7]))} listens on {number}")
    return list(dict.fromkeys(found))


def _account(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"account {number}"


KINDS: Dict[str, Callable[[str], List[str]]] = {
    "memory": _memory,
    "cpu": _cpu,
    "disk": _disk,
    "unit": _unit,
    "killed": _killed,
    "port": _port,
}


def amount(size: float) -> str:
    """Bytes as people read them."""
    for unit in ("B", "kB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"
