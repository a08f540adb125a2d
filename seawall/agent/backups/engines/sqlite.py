"""SQLite: copied by its own online backup, then checked and measured in that very copy.

The file of an app is never copied as a file: what is half written, or still beside it in its
-wal, would be missing. It is read with its owner's rights, and a copy to be proven with nobody's.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
import time
from contextlib import closing, contextmanager
from typing import IO, Any, Dict, Iterator, List, Tuple
from urllib.parse import quote

from seawall.agent import system
from seawall.agent.backups.engines import (
    Engine,
    Rehearsed,
    Restored,
    Sink,
    Source,
    Want,
    folders,
    rows,
)
from seawall.agent.backups.lowered import lowered, nobody
from seawall.agent.backups.manifest import Manifest, differences
from seawall.agent.backups.restic import Stored
from seawall.agent.backups.scratch import require_room, scratch

PATIENCE = 60.0
"""Seconds that a copy waits for an app that holds the file for itself."""
BUSY, LOCKED = 5, 6
"""SQLITE_BUSY and SQLITE_LOCKED of sqlite3.h; Python 3.9 has no names for them."""
NAME = "copy.db"


class Sqlite(Engine):
    """One SQLite file of an app."""

    @property
    def file(self) -> str:
        """Where it lies."""
        return str(self.dataset.told["file"])

    def dump(self, sink: Sink) -> Tuple[Stored, Manifest]:
        seen = self._live()
        with scratch(seen.st_size) as folder, _ours(folder, seen.st_uid, seen.st_gid) as copy:
            path = f"{folder}/{NAME}"
            compared = lowered(seen.st_uid, seen.st_gid, lambda: _copied(self.file, path))
            stored = sink.stream(lambda outlet: _pour(copy, outlet))
        needed = {"file": self.file, "mode": stat.S_IMODE(seen.st_mode)}
        return stored, Manifest("sqlite", sqlite3.sqlite_version, stored.bytes, compared, needed)

    def _live(self) -> os.stat_result:
        try:
            seen = os.lstat(self.file)
        except FileNotFoundError:
            raise system.StepError(
                f"{self.file} is not there", "has the app made it yet?"
            ) from None
        if not stat.S_ISREG(seen.st_mode):
            raise system.StepError(f"{self.file} is not a file")
        return seen

    def rehearse(self, made: Manifest, source: Source, scratch: str) -> Rehearsed:
        return self._tried(source, scratch)

    def _tried(self, source: Source, scratch: str, kept: str = "") -> Rehearsed:
        """Restore aside and look at it; `kept` is where the copy stays."""
        began = time.monotonic()
        with _ours(scratch, *nobody()) as copy:
            with source.stream() as stream:
                shutil.copyfileobj(stream, copy, 1 << 20)
            copy.flush()
            seconds = time.monotonic() - began
            path, asserts = f"{scratch}/{NAME}", self.dataset.asserts
            compared, wrong = lowered(*nobody(), lambda: _looked_at(path, asserts))
            if kept:
                system.private_folder(os.path.dirname(kept))
                with open(kept, "xb") as file:
                    _pour(copy, file.fileno())
        return Rehearsed(compared, wrong, seconds)

    def restore(self, made: Manifest, source: Source, want: Want) -> Restored:
        if want.table or want.file:
            problem = f"{self.dataset.name} is one file, and comes back whole"
            raise system.StepError(problem, "take what you need out of it with sqlite3")
        folder = folders.place(want.name)
        require_room(folders.BESIDE, made.bytes)
        where = f"{folder}/{os.path.basename(self.file)}"
        try:
            with scratch(made.bytes) as aside:
                seen = self._tried(source, aside, where)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        seen.wrong += differences(made.compared, seen.compared)
        return Restored(where, seen)

    def replace(self, restored: Restored, stamp: str) -> str:
        """Through SQLite itself, as one transaction: an app that runs meanwhile sees the one or
        the other. Where there is no file, it is made, for the owner of its folder."""
        former, there = "", os.path.lexists(self.file)
        seen = self._live() if there else os.stat(os.path.dirname(self.file))
        if there:
            former = f"{self.file}.before-{stamp}"
        size = os.stat(restored.where).st_size
        with scratch(size) as aside, _ours(aside, seen.st_uid, seen.st_gid) as copy:
            with open(restored.where, "rb") as file:
                shutil.copyfileobj(file, copy, 1 << 20)
            copy.flush()
            source, live = f"{aside}/{NAME}", self.file
            lowered(seen.st_uid, seen.st_gid, lambda: _put(source, live, former))
        shutil.rmtree(os.path.dirname(restored.where), ignore_errors=True)
        return former


@contextmanager
def _ours(folder: str, uid: int, gid: int) -> Iterator[IO[bytes]]:
    """A new file in a folder that both become somebody else's; we keep the file open, so that
    whatever they put in its place is not what we read."""
    handle = os.open(f"{folder}/{NAME}", os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "r+b") as file:
        for place in (f"{folder}/{NAME}", folder):
            os.chown(place, uid, gid)
        yield file


def _pour(file: IO[bytes], outlet: int) -> None:
    file.seek(0)
    with os.fdopen(os.dup(outlet), "wb") as target:
        shutil.copyfileobj(file, target, 1 << 20)


def _copied(path: str, copy: str) -> Dict[str, Any]:
    """Copy a live file by SQLite's own means; what the copy holds. StepError unless it is whole."""
    try:
        with closing(_opened(path, "mode=rw")) as live, closing(sqlite3.connect(copy)) as target:
            target.execute("PRAGMA journal_mode = OFF")
            target.execute("PRAGMA synchronous = OFF")
            live.backup(target, progress=_patience())
        with closing(_opened(copy, "mode=ro&immutable=1")) as there:
            if wrong := rows.complaints(there):
                raise system.StepError(f"{path} is damaged", "\n".join(wrong))
            return rows.measure(there)
    except sqlite3.Error as error:
        raise system.StepError(f"{path} cannot be copied: {error}") from error


def _put(source: str, live: str, former: str) -> None:
    """Keep what is there in a file beside it, and let the live file hold what the source does."""
    try:
        with closing(_opened(source, "mode=ro&immutable=1")) as fresh:
            if former:
                _poured(live, former)
            else:
                _forget(live)
            with closing(_opened(live, "mode=rwc")) as there:
                fresh.backup(there, progress=_patience())
    except sqlite3.Error as error:
        raise system.StepError(f"{live} cannot be replaced: {error}") from error


def _poured(path: str, copy: str) -> None:
    with closing(_opened(path, "mode=rw")) as one, closing(_opened(copy, "mode=rwc")) as other:
        one.backup(other, progress=_patience())


def _forget(path: str) -> None:
    """Take away what a file that is gone left beside it: SQLite would take it for the new one's."""
    for end in ("-wal", "-shm", "-journal"):
        if os.path.lexists(f"{path}{end}"):
            os.unlink(f"{path}{end}")


def _patience() -> "Any":
    """Called after each try; raises when somebody holds the file for too long."""
    deadline = time.monotonic() + PATIENCE

    def wait(status: int, remaining: int, total: int) -> None:
        if status in (BUSY, LOCKED) and time.monotonic() > deadline:
            raise system.StepError(f"somebody holds the file for more than {PATIENCE:g} s")

    return wait


def _looked_at(path: str, asserts: Tuple[str, ...]) -> Tuple[Dict[str, Any], List[str]]:
    """What a restored copy holds, and what is wrong with it."""
    try:
        with closing(_opened(path, "mode=ro&immutable=1")) as there:
            wrong = rows.complaints(there)
            compared = rows.measure(there)
            return compared, [*wrong, *(said for each in asserts for said in _untrue(there, each))]
    except sqlite3.Error as error:
        raise system.StepError(f"the copy cannot be read: {error}") from error


def _untrue(there: sqlite3.Connection, question: str) -> Iterator[str]:
    try:
        answer = there.execute(question).fetchone()
    except sqlite3.Error as error:
        yield f"{question} cannot be asked: {error}"
        return
    if not answer or answer[0] != 1:
        yield f"{question} is {answer[0] if answer else 'nothing'}"


def _opened(path: str, how: str) -> sqlite3.Connection:
    """A connection to a file whose schema is not trusted."""
    there = sqlite3.connect(f"file:{quote(path)}?{how}", uri=True, timeout=PATIENCE)
    there.execute("PRAGMA trusted_schema = OFF")
    return there
