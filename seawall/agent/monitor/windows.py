"""Maintenance windows: while somebody works on the server, what comes of the work is no news.

Whoever works opens one (a deploy, an apply, a restore), and it closes with them, whatever ends
them. A server that has just booted, and one where packages are being installed, is at work too.
What must be told at once (a full disk, a new admin) does not wait; what is still wrong when a
window closes begins to count then.
"""

from __future__ import annotations

import json
import os
import time

FOLDER = "/run/seawall-windows"
GRACE = 60.0
"""Seconds after the work in which things settle."""
LONGEST = 6 * 3600.0
BOOT = 180.0
"""Seconds after a boot in which units may still be on their way."""
DPKG = "/var/lib/dpkg/lock-frontend"


class under_way:  # noqa: N801  # reads as a sentence where it is used
    """A window that is open while this lasts; without one, should it not be possible."""

    def __init__(self, name: str, why: str, folder: str = FOLDER) -> None:
        self.told = (name, why, folder)

    def __enter__(self) -> None:
        _put(*self.told)

    def __exit__(self, *_: object) -> None:
        _put(*self.told, ended=time.time())


def _put(name: str, why: str, folder: str, ended: float = 0.0) -> None:
    told = {"why": why, "pid": os.getpid(), "began": _began(os.getpid()), "ended": ended}
    try:
        os.makedirs(folder, mode=0o755, exist_ok=True)
        os.chmod(folder, 0o755)
        with open(f"{folder}/.{name}", "w") as file:
            os.fchmod(file.fileno(), 0o644)
            json.dump({**told, "at": time.time()}, file)
        os.replace(f"{folder}/.{name}", f"{folder}/{name}.json")
    except OSError:
        pass


def calm(now: float, folder: str = FOLDER) -> str:
    """What is under way; "" when nothing is."""
    try:
        names = [name for name in os.listdir(folder) if name.endswith(".json")]
    except OSError:
        names = []
    for name in names[:50]:
        if why := _open(f"{folder}/{name}", now):
            return why
    return "the server has just booted" if booted() < BOOT else _packages()


def _open(path: str, now: float) -> str:
    try:
        with open(path, "rb") as file:
            told = json.loads(file.read(4096))
        why, ended, at = str(told["why"]), float(told["ended"]), float(told["at"])
        lives = _began(int(told["pid"])) == int(told["began"])
    except (OSError, ValueError, TypeError, LookupError):
        return ""
    if ended or not lives:
        return why if 0 <= now - max(ended, _changed(path)) < GRACE else ""
    return why if 0 <= now - at < LONGEST else ""


def _changed(path: str) -> float:
    try:
        return os.stat(path).st_mtime
    except OSError:
        return 0.0


def _began(pid: int) -> int:
    """When a program began, in ticks since the boot; 0 when it is gone."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return int(file.read(4096).rpartition(b")")[2].split()[19])
    except (OSError, ValueError, IndexError):
        return 0


def booted() -> float:
    """Seconds since the first program of this server began."""
    try:
        with open("/proc/uptime", "rb") as file:
            up = float(file.read(100).split()[0])
    except (OSError, ValueError, IndexError):
        return BOOT
    return up - _began(1) / os.sysconf("SC_CLK_TCK")


def _packages() -> str:
    """Whether packages are being installed: the kernel lists who holds the lock of dpkg."""
    try:
        inode = os.stat(DPKG).st_ino
        with open("/proc/locks", "rb") as file:
            held = any(line.split()[5].endswith(b":%d" % inode) for line in file)
    except (OSError, IndexError):
        return ""
    return "packages are being installed" if held else ""
