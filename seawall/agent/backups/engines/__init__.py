"""The kinds of data: how each is dumped, measured, and restored to a scratch copy.

All of them keep one promise: what `dump` returns was measured in the dump's own snapshot, and
what `rehearse` returns was measured in a copy that nobody else uses, never in the live one.
"""

from __future__ import annotations

import importlib
import os
import shutil
from dataclasses import dataclass, field
from typing import IO, ContextManager, List, NamedTuple, Sequence, Tuple

from seawall.agent import system
from seawall.agent.backups.addresses import reached
from seawall.agent.backups.declared import Dataset
from seawall.agent.backups.manifest import Manifest, Parts
from seawall.agent.backups.restic import Fill, Repository, Stored

DUMP = "dump"
"""What a stream is called in its snapshot."""

WHERE = {
    "postgres": "postgres:Postgres",
    "mariadb": "mariadb:MariaDB",
    "files": "files:Files",
    "redis": "redis:Redis",
    "sqlite": "sqlite:Sqlite",
}


class Sink(NamedTuple):
    """Where a dataset is stored: as one stream, or as the folders that it is."""

    repository: Repository
    tags: List[str]

    def stream(self, fill: Fill) -> Stored:
        """Keep what `fill` writes to a descriptor; nothing when it raises, StepError when it
        writes nothing."""
        stored = self.repository.store(DUMP, self.tags, fill)
        if stored.bytes == 0:
            raise system.StepError("the dump is empty", "its program ended well, and wrote nothing")
        return stored

    def folders(self, paths: Sequence[str], without: Sequence[str] = ()) -> Stored:
        """Keep folders, but for these files in them."""
        return self.repository.store_folders(paths, self.tags, without)


class Source(NamedTuple):
    """Where a stored dataset is read from."""

    repository: Repository
    snapshot: str

    def stream(self) -> ContextManager[IO[bytes]]:
        """What was stored as a stream."""
        return self.repository.read(["dump", self.snapshot, f"/{DUMP}"])

    def tree(self) -> ContextManager[IO[bytes]]:
        """Folders that were stored, as a tar archive."""
        return self.repository.read(["dump", self.snapshot, "/"])


@dataclass
class Rehearsed:
    """What a restored copy holds, and what was wrong with it."""

    compared: Parts = field(default_factory=dict)
    wrong: List[str] = field(default_factory=list)
    restored_seconds: float = 0.0
    """From the first byte until the copy could be asked, without the comparison."""


class Want(NamedTuple):
    """What of a copy is wanted back, and what it is to be called: one table, or one file or
    folder; everything when neither is named."""

    name: str
    table: str = ""
    file: str = ""


@dataclass
class Restored:
    """A copy beside the live data: where it is, and what it holds or lacks."""

    where: str
    seen: Rehearsed


class Engine:
    """One dataset on this server, by the kind that it is."""

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset

    def dump(self, sink: Sink) -> Tuple[Stored, Manifest]:
        """Store a dump, with the manifest measured in its own snapshot; StepError when it is
        not whole."""
        raise NotImplementedError

    def copy(self, made: Manifest, source: Source, sink: Sink) -> Tuple[Stored, Manifest]:
        """Store in another place what is stored already."""
        with source.stream() as stream:
            return sink.stream(lambda outlet: _pour(stream, outlet)), made

    def rehearse(self, made: Manifest, source: Source, scratch: str) -> Rehearsed:
        """Restore a dump into a scratch copy in the folder `scratch`, and measure it there."""
        raise NotImplementedError

    def restore(self, made: Manifest, source: Source, want: Want) -> Restored:
        """Restore beside the live data, which goes on untouched; nothing is left when it raises.

        StepError when the name is taken, or something is not in the copy."""
        raise system.StepError(f"{self.dataset.engine} cannot be restored this way yet", KIT)

    def replace(self, restored: Restored, stamp: str) -> str:
        """Put what was restored in the place of the live data, at once or not at all; where the
        former is now, "" when there was none."""
        raise system.StepError(f"{self.dataset.engine} cannot be replaced this way yet", KIT)


KIT = "the kit says how it is done by hand: seawall backup kit"


def engine(dataset: Dataset) -> Engine:
    """The engine of a dataset; StepError for a kind that this agent does not know."""
    if dataset.engine not in WHERE:
        raise system.StepError(f"{dataset.name}: no engine is called {dataset.engine}")
    dataset = reached(dataset)
    module, kind = WHERE[dataset.engine].split(":")
    made = getattr(importlib.import_module(f"{__name__}.{module}"), kind)(dataset)
    assert isinstance(made, Engine)
    return made


def _pour(stream: IO[bytes], outlet: int) -> None:
    with os.fdopen(os.dup(outlet), "wb") as file:
        shutil.copyfileobj(stream, file, 1 << 20)
