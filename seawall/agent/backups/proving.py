"""The restore test: the newest copy, from the destination, restored aside and compared.

Never the live data: an engine gets a folder of its own and what the repository sends. A proof
that was killed leaves only that folder behind, which the next one takes away.
"""

from __future__ import annotations

import os
import time
from typing import Any, Dict, List, NamedTuple

from seawall.agent import system
from seawall.agent.backups import evidence
from seawall.agent.backups.declared import CACHE, Dataset, Declared
from seawall.agent.backups.engines import Source, engine
from seawall.agent.backups.limits import at_most
from seawall.agent.backups.manifest import Manifest, differences
from seawall.agent.backups.restic import Repository
from seawall.agent.backups.scratch import scratch, sweep
from seawall.agent.backups.sets import Set, manifests, newest, sets
from seawall.agent.wire import Emit

SHOWN = 20
"""Differences that the evidence names."""


def prove(declared: Declared, names: List[str], emit: Emit) -> bool:
    """Prove the newest copy of these datasets, of all when none is named; True when all are."""
    chosen = declared.chosen(names)
    sweep()
    system.private_folder(os.path.dirname(CACHE))
    repository = Repository(declared, declared.destinations[0])
    try:
        found = sets(repository.stored())
    except system.StepError as error:
        outcomes = [_record(each, {}, [_words(error)], emit) for each in chosen]
    else:
        proof = _Proof(repository, found, declared.longest, emit, {})
        outcomes = [proof.of(each) for each in chosen]
    return all(outcomes)


class _Proof(NamedTuple):
    """A restore test of whatever these sets hold."""

    repository: Repository
    found: List[Set]
    longest: float
    emit: Emit
    read: Dict[str, Dict[str, Manifest]]
    """Manifests that were read, by their run."""

    def of(self, dataset: Dataset) -> bool:
        """Prove the newest copy of a dataset; True when it holds."""
        self.emit({"type": "proving", "dataset": dataset.name})
        last = newest(self.found, dataset.name)
        if last is None:
            return _record(dataset, {}, ["there is no copy of it"], self.emit)
        told = {"run": last.run, "snapshot": last.dumps[dataset.name], "stored": last.time}
        try:
            with at_most(self.longest):
                made = self._manifests(last)[dataset.name]
                source = Source(self.repository, last.dumps[dataset.name])
                measured, wrong = _rehearsed(dataset, made, source)
        except (system.StepError, OSError) as error:
            return _record(dataset, told, [_words(error)], self.emit)
        return _record(dataset, {**told, **measured, "bytes": made.bytes}, wrong, self.emit)

    def _manifests(self, chosen: Set) -> Dict[str, Manifest]:
        if chosen.run not in self.read:
            self.read[chosen.run] = manifests(self.repository, chosen)
        return self.read[chosen.run]


def _rehearsed(
    dataset: Dataset, made: Manifest, source: Source
) -> "tuple[Dict[str, Any], List[str]]":
    """How long a restore took, and what was wrong with it."""
    began = time.monotonic()
    with scratch(made.bytes if made.engine != "files" else 0) as folder:
        seen = engine(dataset).rehearse(made, source, folder)
    wrong = [*seen.wrong, *differences(made.compared, seen.compared)]
    taken = {"restored_s": round(seen.restored_seconds, 2)}
    return {**taken, "seconds": round(time.monotonic() - began, 2)}, wrong


def _record(dataset: Dataset, told: Dict[str, Any], wrong: List[str], emit: Emit) -> bool:
    """Write down what was proven, or what was wrong, and say it."""
    known = {"what": "restore", "dataset": dataset.name, "time": time.time(), "ok": not wrong}
    sealed = evidence.record({**told, **known, "wrong": wrong[:SHOWN]})
    emit({"type": "unproven" if wrong else "proven", **sealed})
    return not wrong


def _words(error: Exception) -> str:
    if isinstance(error, system.StepError):
        return f"{error.problem}: {error.output}" if error.output else error.problem
    return str(error)
