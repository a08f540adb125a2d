"""What an app writes where nobody keeps a journal: one file for each instance, in order of time.

Each line begins with when it was written, in UTC. A file that grows beyond 5 MiB takes the place of
the one before it, so that an instance has two at most.
"""

from __future__ import annotations

import datetime
import grp
import os
import re
import threading
from typing import BinaryIO, Iterator, List, Optional, Tuple

from seawall.agent.apps.kept_state import bare

FOLDER = "/var/log/apps"
LARGEST = 5 * 2**20
LONGEST = 16 * 2**10
"""Bytes of a line; a longer one becomes several."""
LAST = 20


def folder(app: str) -> str:
    """Where the files of an app are."""
    return f"{FOLDER}/{app}"


def path(unit: str) -> str:
    """The file of an instance: /var/log/apps/shop/3-1.log."""
    app, number, slot = bare(unit)[len("app-") :].rsplit("-", 2)
    return f"{folder(app)}/{number}-{slot}.log"


def make_folder(app: str) -> None:
    """Make the folder, for root and those who may read logs."""
    os.makedirs(folder(app), mode=0o750, exist_ok=True)
    os.chmod(FOLDER, 0o755)
    os.chmod(folder(app), 0o750)
    try:
        os.chown(folder(app), 0, grp.getgrnam("adm").gr_gid)
    except KeyError:
        os.chown(folder(app), 0, 0)


def forget(app: str, number: int) -> None:
    """Take away what a release wrote."""
    there = os.listdir(folder(app)) if os.path.isdir(folder(app)) else []
    for name in there:
        if re.fullmatch(rf"{number}-\d+\.log(\.1)?", name):
            os.unlink(f"{folder(app)}/{name}")


class Lines:
    """The file of an instance, being written."""

    def __init__(self, unit: str) -> None:
        self._path = path(unit)
        self._file: BinaryIO = self._opened()
        self._one = threading.Lock()

    def _opened(self) -> BinaryIO:
        handle = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o640)
        return os.fdopen(handle, "ab", buffering=0)

    def write(self, line: bytes) -> None:
        """Write a line with the time of now; a full disk loses it, and stops nobody."""
        now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        with self._one:
            try:
                self._file.write(b"%s %s\n" % (now.encode(), line.rstrip(b"\n")))
                if self._file.tell() > LARGEST:
                    self._turn()
            except OSError:
                pass

    def close(self) -> None:
        """Write no more."""
        self._file.close()

    def _turn(self) -> None:
        os.rename(self._path, f"{self._path}.1")
        self._file.close()
        self._file = self._opened()


def last(unit: str, count: int = LAST) -> str:
    """The last lines that an instance wrote, without their times."""
    told = [text for _, text in written(path(unit))]
    return "\n".join(told[-count:])


def written(name: str) -> Iterator[Tuple[float, str]]:
    """Every line of a file and of the one before it, with its time in seconds since 1970."""
    for each in (f"{name}.1", name):
        try:
            with open(each, "rb") as file:
                for raw in file:
                    if line := parsed(raw):
                        yield line
        except FileNotFoundError:
            continue


def parsed(raw: bytes) -> Optional[Tuple[float, str]]:
    """A line as it was written; None for half a one."""
    when, _, text = raw.decode("utf-8", "replace").rstrip("\n").partition(" ")
    try:
        at = datetime.datetime.strptime(when, "%Y-%m-%dT%H:%M:%S.%fZ")
    except ValueError:
        return None
    return at.replace(tzinfo=datetime.timezone.utc).timestamp(), text


def files(app: str, release: str = "") -> List[str]:
    """The files of an app, or of one release of it; without those that went before them."""
    there = os.listdir(folder(app)) if os.path.isdir(folder(app)) else []
    wanted = re.compile(rf"{release or r'[0-9]+'}-\d+\.log")
    return sorted(f"{folder(app)}/{name}" for name in there if wanted.fullmatch(name))
