"""Folders of files, such as uploads: kept as they are, and read back whole in the rehearsal.

A rehearsal needs no room on the disk: every byte comes back from the repository as a stream and
is compared with the live file where that has not changed since.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tarfile
import time
from typing import IO, Iterator, List, Optional, Tuple

from seawall.agent import system
from seawall.agent.backups.engines import (
    Engine,
    Rehearsed,
    Restored,
    Sink,
    Source,
    Want,
    folders,
)
from seawall.agent.backups.manifest import Manifest, differences
from seawall.agent.backups.restic import Stored
from seawall.agent.backups.scratch import require_room

BLOCK = 1 << 20
SQLITE = ("", "-wal", "-shm", "-journal")
"""An SQLite database, and what SQLite keeps beside it: one without the other is torn."""


class Files(Engine):
    """Folders that an app writes to."""

    @property
    def paths(self) -> List[str]:
        """Where they are."""
        return [str(path) for path in self.dataset.told["paths"]]

    def dump(self, sink: Sink) -> Tuple[Stored, Manifest]:
        for path in self.paths:
            if not os.path.isdir(path):
                raise system.StepError(f"{path} is not there", "is its disk mounted?")
        stored = sink.folders(self.paths, self._without())
        parts = {"files": {"count": stored.files, "bytes": stored.bytes}}
        return stored, Manifest("files", "1", stored.bytes, parts, {"paths": self.paths})

    def _without(self) -> List[str]:
        """What lies in these folders and is not saved with them."""
        files = [str(each) for each in self.dataset.told.get("without", ())]
        return [f"{file}{end}" for file in files for end in SQLITE]

    def copy(self, made: Manifest, source: Source, sink: Sink) -> Tuple[Stored, Manifest]:
        return self.dump(sink)

    def rehearse(self, made: Manifest, source: Source, scratch: str) -> Rehearsed:
        seen, began = Rehearsed(), time.monotonic()
        files, size = 0, 0
        with source.tree() as stream, tarfile.open(fileobj=stream, mode="r|") as archive:
            for member in archive:
                if member.isfile():
                    files, size = files + 1, size + member.size
                    seen.wrong += _unlike(member, archive.extractfile(member))
        seen.restored_seconds = time.monotonic() - began
        seen.compared = {"files": {"count": files, "bytes": size}}
        return seen

    def restore(self, made: Manifest, source: Source, want: Want) -> Restored:
        if want.table:
            raise system.StepError(f"{self.dataset.name} is folders: it has files, no tables")
        folder, began = folders.place(want.name), time.monotonic()
        require_room(folders.BESIDE, 0 if want.file else made.bytes)
        try:
            folders.fill(source, folder, want.file)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        seen = Rehearsed(restored_seconds=time.monotonic() - began)
        count, size = folders.counted(folder)
        seen.compared = {"files": {"count": count, "bytes": size}}
        if not want.file:
            seen.wrong += differences(made.compared, seen.compared)
        return Restored(folder, seen)

    def replace(self, restored: Restored, stamp: str) -> str:
        former = [
            folders.exchange(f"{restored.where}{path}", path, stamp, self._without())
            for path in self.paths
            if os.path.isdir(f"{restored.where}{path}")
        ]
        shutil.rmtree(restored.where, ignore_errors=True)
        return ", ".join(filter(None, former))


def _unlike(member: tarfile.TarInfo, content: Optional[IO[bytes]]) -> Iterator[str]:
    """A complaint when a file came back with another content than the live one, which has not
    been touched since. Reads the stream to its end."""
    stored = _digest(content) if content else ""
    path = f"/{member.name.lstrip('/')}"
    try:
        with open(path, "rb") as file:
            seen = os.fstat(file.fileno())
            untouched = seen.st_size == member.size and int(seen.st_mtime) == int(member.mtime)
            if untouched and _digest(file) != stored:
                yield f"{path} came back with another content"
    except OSError:
        return  # gone since, which is what backups are for


def _digest(file: IO[bytes]) -> str:
    summed = hashlib.blake2b()
    while block := file.read(BLOCK):
        summed.update(block)
    return summed.hexdigest()
