"""Folders restored beside the live ones, and put in their place by one exchange of names."""

from __future__ import annotations

import ctypes
import os
from typing import Sequence, Tuple

from seawall.agent import system
from seawall.agent.backups.engines import Source

BESIDE = "/var/lib/seawall-restored"
"""Where copies lie until somebody takes them away; root's alone."""
EXCHANGE = 2
"""RENAME_EXCHANGE of renameat2(2)."""
HERE = -100
"""AT_FDCWD of fcntl.h."""


def place(name: str) -> str:
    """The folder for a copy of this name; StepError when it is there."""
    folder = f"{BESIDE}/{name}"
    if os.path.exists(folder):
        raise system.StepError(f"there is a folder {folder} already")
    system.private_folder(BESIDE)
    return folder


def fill(source: Source, folder: str, file: str = "") -> None:
    """Restore everything, or one file or folder, below a folder; StepError when it lacks that."""
    chosen = [f"--include={_exactly(file)}"] if file else []
    words = ["restore", source.snapshot, f"--target={folder}", *chosen]
    os.makedirs(folder, mode=0o700)
    source.repository.ask(words, seconds=24 * 3600)
    if file and not os.path.lexists(f"{folder}{file}"):
        raise system.StepError(f"{file} was not saved", "a path begins with /, as on the server")


def _exactly(file: str) -> str:
    """A path as restic's patterns take it."""
    return "".join(f"\\{letter}" if letter in "*?[\\" else letter for letter in file)


def counted(folder: str) -> Tuple[int, int]:
    """How many files are below a folder, and their bytes; links are no files."""
    count = size = 0
    for place_, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(place_, name)
            if os.path.isfile(path) and not os.path.islink(path):
                count, size = count + 1, size + os.path.getsize(path)
    return count, size


def exchange(restored: str, live: str, stamp: str, kept: Sequence[str] = ()) -> str:
    """Let a restored folder be the live one; where the former is, "" when there was none. What is
    `kept` are files of the live folder that stay in it, in use or not.

    StepError, and nothing is changed, where the two are not on one file system."""
    fresh, former = f"{live}.restored-{stamp}", f"{live}.before-{stamp}"
    if os.path.ismount(live):
        raise system.StepError(f"{live} is a disk of its own", f"copy from {restored} by hand")
    if not os.path.exists(live):
        os.makedirs(os.path.dirname(live), exist_ok=True)
    _moved(restored, fresh)
    if not os.path.exists(live):
        os.rename(fresh, live)
        return ""
    stay = [each for each in kept if each.startswith(f"{live}/") and os.path.isfile(each)]
    for each in stay:
        os.link(each, f"{fresh}{each[len(live) :]}", follow_symlinks=False)
    _swap(fresh, live)
    for each in stay:
        os.unlink(f"{fresh}{each[len(live) :]}")
    os.rename(fresh, former)
    system.sync_folder(os.path.dirname(live))
    return former


def _moved(restored: str, fresh: str) -> None:
    """Bring a copy to the file system where it will live."""
    try:
        os.rename(restored, fresh)
    except OSError:
        system.must(["cp", "--archive", "--reflink=auto", restored, fresh], seconds=24 * 3600)


def _swap(one: str, other: str) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    names = (HERE, os.fsencode(one), HERE, os.fsencode(other), EXCHANGE)
    if libc.renameat2(*names) != 0:
        number = ctypes.get_errno()
        raise system.StepError(f"{other} cannot be exchanged: {os.strerror(number)}")
