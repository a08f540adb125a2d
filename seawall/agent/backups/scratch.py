"""Room aside from the live data: a folder of our own for a restore or a copy, gone afterwards.

One that was killed leaves only that folder behind, which the next proof takes away.
"""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from typing import Iterator

from seawall.agent import system
from seawall.agent.backups.declared import SCRATCH

ROOM = 1.2
"""A restore may take so many times the size of the live data."""
BESIDE = 1.05
"""One that stays beside the live data is as large as that, or a little larger."""
SPARE = 200 << 20
"""Bytes that stay free for everybody else."""


def require_room(folder: str, size: int, times: float = BESIDE) -> None:
    """StepError where a copy of live data of this size, which may take so many times as much,
    would leave too little of a folder's disk to everybody else."""
    free = shutil.disk_usage(folder).free
    needed = size * times + SPARE
    if free < needed:
        told = f"a restore needs {round(needed / 1e6)} MB below {folder}"
        raise system.StepError(f"{told}, {round(free / 1e6)} MB are free")


@contextmanager
def scratch(size: int) -> Iterator[str]:
    """A folder of our own with room for a restore of this size; gone afterwards."""
    os.makedirs(SCRATCH, exist_ok=True)
    os.chmod(SCRATCH, 0o711)  # whatever the umask
    require_room(SCRATCH, size, ROOM)
    folder = f"{SCRATCH}/{os.getpid()}-{os.urandom(3).hex()}"
    os.mkdir(folder, 0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def sweep() -> None:
    """Take away what proofs that were killed left behind. The caller holds the lock, so that
    none is at work; whatever they started ended with their unit."""
    if os.path.isdir(SCRATCH):
        for name in os.listdir(SCRATCH):
            shutil.rmtree(f"{SCRATCH}/{name}", ignore_errors=True)
