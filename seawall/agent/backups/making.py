"""A backup run: every dataset dumped and measured, then the set that binds them.

Each dataset becomes a snapshot of its own. What makes a set of them is the manifest, stored last:
a dump without a manifest that names it was interrupted, and does not count. A dataset that fails
does not keep the others from being saved, and is said.
"""

from __future__ import annotations

import json
import os
import time
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Sequence, Set, Tuple

from seawall.agent import system
from seawall.agent.apps.records import apps
from seawall.agent.backups import states
from seawall.agent.backups.declared import CACHE, Dataset, Declared
from seawall.agent.backups.engines import Sink, Source, engine
from seawall.agent.backups.faults import LOCKED
from seawall.agent.backups.limits import at_most
from seawall.agent.backups.manifest import Manifest
from seawall.agent.backups.restic import Repository, Stored
from seawall.agent.wire import Emit

FORMAT = 1
"""Of a set's manifest; a reader refuses one that it does not know."""
MANIFEST = "manifest.json"

Dump = Callable[[Dataset, Sink], Tuple[Stored, Manifest]]


class Made(NamedTuple):
    """What became of one dataset: where it is stored, or why it is not."""

    dataset: Dataset
    began: float
    seconds: float = 0.0
    stored: Optional[Stored] = None
    manifest: Optional[Manifest] = None
    error: Optional[system.StepError] = None

    def document(self) -> Dict[str, Any]:
        """As a set's manifest holds it."""
        assert self.stored and self.manifest
        told = {"snapshot": self.stored.snapshot, "bytes": self.stored.bytes}
        told.update(began=self.began, seconds=self.seconds)
        return {**told, "manifest": self.manifest.document()}


def make(
    declared: Declared,
    names: List[str],
    emit: Emit,
    places: "Sequence[Repository] | None" = None,
) -> bool:
    """Save these datasets, all when none is named; True when every one is stored everywhere.

    `places` are the declared destinations; each knows afterwards what it listed at the end."""
    chosen = declared.chosen(names)
    system.private_folder(os.path.dirname(CACHE))
    system.private_folder(CACHE)
    run = time.strftime("%Y%m%dT%H%M%SZ-", time.gmtime()) + os.urandom(3).hex()
    first, *others = places or [Repository(declared, each) for each in declared.destinations]
    longest = declared.longest
    made = Run(run, first, emit, longest).store(chosen, _live)
    again = _again(first, [each for each in made if not each.error])
    for other in others:
        made += Run(run, other, emit, longest).store(chosen, again)
    return not any(each.error for each in made)


class Run(NamedTuple):
    """One run into one destination."""

    name: str
    repository: Repository
    emit: Emit
    longest: float

    def store(self, chosen: List[Dataset], dump: Dump) -> List[Made]:
        """Store datasets and their manifest; what the destination itself says is there."""
        made: List[Made] = []
        try:
            before = states.well(self._destination) if self.repository.is_known else set()
            if not before:
                with at_most(self.longest):
                    self.repository.open()
            made += [self._one(each, dump) for each in chosen]
            with at_most(self.longest):
                self._bind([each for each in made if each.stored])
            seen = self._seen(before) if any(each.stored for each in made) else set()
            told = [_certain(each, seen) for each in made]
        except system.StepError as error:
            done = {each.dataset.name: each for each in made}
            told = [_failed(done.get(each.name), each, error) for each in chosen]
        for each in told:
            self._note(each)
        return told

    def _seen(self, before: Set[str]) -> Set[str]:
        """The snapshots that are there; StepError when none of those that were there before is,
        because this is another repository."""
        seen = {snapshot.id for snapshot in self.repository.snapshots()}
        if before and not any(each.startswith(tuple(before)) for each in seen):
            self.repository.open()
        return seen

    def _one(self, dataset: Dataset, dump: Dump) -> Made:
        self.emit({"type": "saving", "dataset": dataset.name, "to": self._destination})
        tags = [f"run={self.name}", f"dataset={dataset.name}"]
        began, clock = time.time(), time.monotonic()
        try:
            with at_most(self.longest):
                stored, manifest = self._patiently(dump, dataset, tags)
        except (system.StepError, OSError) as error:
            told = error if isinstance(error, system.StepError) else system.StepError(str(error))
            return Made(dataset, began, error=told)
        return Made(dataset, began, time.monotonic() - clock, stored, manifest)

    def _patiently(self, dump: Dump, dataset: Dataset, tags: List[str]) -> Tuple[Stored, Manifest]:
        """Dump it; once more after somebody else's lock, which is waited for, or freed when its
        holder is dead."""
        try:
            return dump(dataset, Sink(self.repository, tags))
        except system.StepError as error:
            if error.problem != LOCKED:
                raise
        self.repository.open()
        return dump(dataset, Sink(self.repository, tags))

    @property
    def _destination(self) -> str:
        return self.repository.destination.name

    def _bind(self, whole: List[Made]) -> None:
        """Store the manifest that makes the dumps of this run count."""
        if not whole:
            return
        told = {"format": FORMAT, "run": self.name, "server": self.repository.host}
        told["releases"] = _releases()
        told["datasets"] = {each.dataset.name: each.document() for each in whole}
        content = json.dumps(told, sort_keys=True).encode()
        tags = ["manifest", f"run={self.name}", *(f"with={each.dataset.name}" for each in whole)]
        self.repository.store(MANIFEST, tags, lambda outlet: _write(outlet, content))

    def _note(self, made: Made) -> None:
        """Write down what became of a dataset, and say it."""
        event: Dict[str, Any]
        known: Dict[str, Any] = {
            "run": self.name,
            "tried": made.began,
            "seconds": round(made.seconds, 2),
        }
        if made.error:
            failed = {"problem": made.error.problem, "output": made.error.output}
            states.note(self._destination, made.dataset.name, {"error": failed, **known})
            event = {"type": "unsaved", **failed}
        else:
            assert made.stored
            kept = {"snapshot": made.stored.snapshot, "bytes": made.stored.bytes}
            states.note(self._destination, made.dataset.name, {"error": None, **known, **kept})
            event = {"type": "saved", "seconds": known["seconds"], **kept}
        self.emit({**event, "dataset": made.dataset.name, "to": self._destination})


def _releases() -> Dict[str, str]:
    """The commit that each app of this server serves: a rebuild brings back that one, which fits
    the data."""
    serving = {app.name: app.serving() for app in apps()}
    return {name: release.sha for name, release in serving.items() if release and release.sha}


def _live(dataset: Dataset, sink: Sink) -> Tuple[Stored, Manifest]:
    return engine(dataset).dump(sink)


def _again(source: Repository, whole: List[Made]) -> Dump:
    """Dumps for another destination: the same bytes where they are stored already. What is not,
    because the first destination is down, is dumped anew."""
    known = {each.dataset.name: each for each in whole}

    def dump(dataset: Dataset, sink: Sink) -> Tuple[Stored, Manifest]:
        made = known.get(dataset.name)
        if made is None:
            return engine(dataset).dump(sink)
        assert made.stored and made.manifest
        return engine(dataset).copy(made.manifest, Source(source, made.stored.snapshot), sink)

    return dump


def _certain(made: Made, seen: "set[str]") -> Made:
    """The same, unless the destination does not list it."""
    if made.stored and not any(each.startswith(made.stored.snapshot) for each in seen):
        return made._replace(error=system.StepError("it was sent, but the repository lacks it"))
    return made


def _failed(made: Optional[Made], dataset: Dataset, error: system.StepError) -> Made:
    return made if made and made.error else Made(dataset, time.time(), error=error)


def _write(outlet: int, content: bytes) -> None:
    with os.fdopen(os.dup(outlet), "wb") as file:
        file.write(content)
