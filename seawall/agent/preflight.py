"""What is missing before any change can be made: all of it, before the first change."""

from __future__ import annotations

import fcntl
import os
import sys
import time
from typing import Dict, Iterator, List

from seawall.agent import system
from seawall.agent.steps.packages import installed

ROOM = 300
"""MiB that must be free on / and /var: packages, their lists, and a reserve."""
SKEW = 300
"""Seconds the clock may be off; beyond that TLS and package signatures fail."""
APT_PATIENCE = 60
"""Seconds to wait for another apt; fresh cloud servers update themselves at first boot."""
SUPPORTED = {"debian": (11.0, 13.0), "ubuntu": (22.04, 26.04)}


def missing(now: float) -> List[str]:
    """Every reason why this server cannot be changed; `now` is the caller's clock."""
    return [*_system(), *_room(), *_clock(now), *_apt()]


def _system() -> Iterator[str]:
    if sys.version_info < (3, 9):
        yield f"python3 is {sys.version.split()[0]}, 3.9 or newer is needed"
    if not system.has_systemd() and not {"sysvinit-core", "sysv-rc"} <= installed():
        yield "neither systemd nor SysV init runs here; servers with another init cannot be managed"
    if os.geteuid() != 0:
        yield "not root, and sudo was not used"
    if not os.path.isdir("/etc/ssh/sshd_config.d"):
        yield "openssh-server is not installed as a package: /etc/ssh/sshd_config.d is missing"
    yield from _distribution(os_release())


def os_release() -> Dict[str, str]:
    """The fields of os-release(5)."""
    content = system.read("/usr/lib/os-release") or system.read("/etc/os-release") or b""
    lines = content.decode("utf-8", "replace").splitlines()
    pairs = [line.split("=", 1) for line in lines if "=" in line]
    return {key: value.strip().strip("\"'") for key, value in pairs}


def _distribution(release: Dict[str, str]) -> Iterator[str]:
    name, version = release.get("ID", "unknown"), release.get("VERSION_ID", "0")
    low, high = SUPPORTED.get(name, (0, -1))
    try:
        number = float(version)
    except ValueError:
        number = -2
    if not low <= number <= high:
        supported = "Debian 11 to 13 and Ubuntu 22.04 to 26.04 are"
        yield f"{release.get('PRETTY_NAME', name)} is not supported; {supported}"


def _room() -> Iterator[str]:
    for place in ("/", "/var"):
        seen = os.statvfs(place)
        free = seen.f_bavail * seen.f_frsize // 2**20
        if free < ROOM:
            yield f"{place} has {free} MiB free, {ROOM} are needed"
            return
        if seen.f_files and seen.f_favail < 5000:
            yield f"{place} has {seen.f_favail} inodes free, 5000 are needed"
            return


def _clock(now: float) -> Iterator[str]:
    off = time.time() - now
    if abs(off) > SKEW:
        ahead = "ahead of" if off > 0 else "behind"
        yield f"the clock is {abs(off) / 60:.0f} min {ahead} yours; fix: timedatectl set-ntp true"


def _apt() -> Iterator[str]:
    deadline = time.monotonic() + APT_PATIENCE
    while not _apt_is_free():
        if time.monotonic() > deadline:
            yield "another apt or dpkg has been at work for a minute; try again when it is done"
            return
        time.sleep(1)


def _apt_is_free() -> bool:
    try:
        with open("/var/lib/dpkg/lock-frontend", "r+") as file:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
    except BlockingIOError:
        return False
    except OSError:
        return True
