"""Programs: those that root runs and others may change, and those that run old code."""

from __future__ import annotations

import os
import re
import stat
from typing import Any, Dict, Iterator, List

from seawall.agent.probes.reading import need_root, processes, text

ROOT_RUNS = (
    "/etc/cron.d",
    "/etc/cron.daily",
    "/etc/cron.hourly",
    "/etc/cron.weekly",
    "/etc/cron.monthly",
    "/etc/profile.d",
    "/etc/sudoers.d",
    "/etc/systemd/system",
    "/etc/ld.so.conf.d",
    "/usr/local/bin",
    "/usr/local/sbin",
    "/usr/local/lib/systemd",
)
ALONE = ("/etc/crontab", "/etc/ld.so.preload", "/etc/passwd", "/etc/shadow", "/etc/sudoers")
SET_UID_PLACES = ("/usr/local", "/opt", "/home", "/srv", "/tmp", "/var/tmp", "/dev/shm", "/var/www")
EXPECTED = ("chrome-sandbox", "chrome_sandbox")
MOST = 20000
OLD = re.compile(r"(/(?:usr/)?lib\S*\.so\S*|/usr/s?bin/\S+) \(deleted\)$", re.MULTILINE)


def root_runs() -> Dict[str, List[str]]:
    """Files that root runs and everybody may change, and set-uid root programs out of place."""
    need_root()
    files = [*ALONE, *(path for top in ROOT_RUNS for path in _below(top, 3))]
    elsewhere = (path for top in SET_UID_PLACES for path in _below(top, 4))
    return {
        "changeable": sorted(path for path in files if _mode(path) & stat.S_IWOTH)[:50],
        "set_uid": sorted(path for path in elsewhere if _is_set_uid(path))[:50],
    }


def _below(top: str, deep: int) -> Iterator[str]:
    """A folder and what is in it; links are not followed."""
    seen = 0
    for folder, inside, files in os.walk(top):
        seen += len(files) + len(inside)
        if seen > MOST or folder.count("/") - top.count("/") >= deep:
            inside[:] = []
        yield folder
        yield from (f"{folder}/{name}" for name in files)


def _mode(path: str) -> int:
    """The mode of a file or folder that is not a link and not sticky; 0 for all others."""
    try:
        mode = os.lstat(path).st_mode
    except OSError:
        return 0
    return 0 if stat.S_ISLNK(mode) or mode & stat.S_ISVTX else mode


def _is_set_uid(path: str) -> bool:
    try:
        seen = os.lstat(path)
    except OSError:
        return False
    wanted = stat.S_ISREG(seen.st_mode) and seen.st_mode & stat.S_ISUID and seen.st_uid == 0
    return bool(wanted) and not path.endswith(EXPECTED)


def old_code() -> List[Dict[str, Any]]:
    """Services that still run a library or program that was replaced on disk."""
    need_root()
    found: Dict[str, Dict[str, Any]] = {}
    for pid in processes():
        match = OLD.search(_maps(pid))
        if match:
            unit = _unit(pid)
            found.setdefault(unit, {"unit": unit, "pid": int(pid), "old": match.group(1)})
    return list(found.values())[:50]


def _maps(pid: str) -> str:
    try:
        return text(f"/proc/{pid}/maps")
    except OSError:  # it ended while we looked
        return ""


def _unit(pid: str) -> str:
    path = text(f"/proc/{pid}/cgroup", 4096).strip().rpartition("::")[2]
    return os.path.basename(path) or text(f"/proc/{pid}/comm", 64).strip()
