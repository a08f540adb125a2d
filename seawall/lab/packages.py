"""Packages one server downloaded are already there for the next one.

They are linked, not mounted: apt locks its folder, and two servers must not wait for each other.
"""

import contextlib
import os
import shutil
import time
from pathlib import Path

from . import record
from .record import LabServer

OLD_SECONDS = 30 * 24 * 3600
ARCHIVES = ("var", "var/cache", "var/cache/apt", "var/cache/apt/archives")


def offer(server: LabServer) -> None:
    """Lay everything downloaded so far into a disk that is not mounted yet."""
    for other in record.servers():
        collect(other)
    upper = server.folder / "upper"
    for folder in ("", *ARCHIVES):
        (upper / folder).mkdir(exist_ok=True)
        (upper / folder).chmod(0o755)
    _link_new(_pool(), upper / ARCHIVES[-1])


def collect(server: LabServer) -> None:
    """Keep what a server downloaded."""
    for disk in ("upper", "root"):
        _link_new(server.folder / disk / ARCHIVES[-1], _pool())


def drop_unused() -> None:
    """Forget packages that no new server was offered for a month: linking renews the ctime."""
    for package in _pool().glob("*.deb"):
        if time.time() - package.stat().st_ctime > OLD_SECONDS:
            package.unlink()


def _pool() -> Path:
    pool = record.cache() / "packages"
    pool.mkdir(exist_ok=True)
    return pool


def _link_new(source: Path, target: Path) -> None:
    for package in source.glob("*.deb"):
        with contextlib.suppress(FileExistsError, FileNotFoundError):
            _link(package, target / package.name)


def _link(package: Path, target: Path) -> None:
    try:
        os.link(package, target)
    except OSError as error:
        if isinstance(error, FileExistsError | FileNotFoundError):
            raise
        shutil.copy2(package, target)
