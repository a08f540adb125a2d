"""Restores that somebody asks for: beside the live data, or in its place.

In its place, in this order: the live data is saved and stored; the copy is restored beside it and
compared with its manifest; and only when it is the same the two change places, at once.
"""

from __future__ import annotations

import os
import time
from typing import Any, Dict, List, NamedTuple

from seawall.agent import system
from seawall.agent.backups import evidence, making
from seawall.agent.backups.declared import CACHE, Dataset, Declared
from seawall.agent.backups.engines import Restored, Source, Want, engine
from seawall.agent.backups.restic import Repository
from seawall.agent.backups.sets import Set, manifests, newest, one, sets
from seawall.agent.wire import Emit

SHOWN = 20
"""Differences that are told."""


class Asked(NamedTuple):
    """What to restore: which copy, what of it, and whether it takes the place of the live data.

    `run` is the beginning of a run's name, "" for the newest. Without `safety` the live data is
    not saved before, as when there is none any more.
    """

    dataset: str
    run: str = ""
    table: str = ""
    file: str = ""
    live: bool = False
    safety: bool = True

    @classmethod
    def told(cls, document: Dict[str, Any]) -> "Asked":
        """As a document says it; StepError when it asks for what cannot be."""
        known = {key: value for key, value in document.items() if key in cls._fields}
        asked = cls(**known)
        if asked.live and (asked.table or asked.file):
            raise system.StepError("only a whole copy takes the place of live data")
        return asked


def restore(declared: Declared, asked: Asked, emit: Emit) -> bool:
    """Do it; True when what was restored is what was saved."""
    [dataset] = declared.chosen([asked.dataset])
    system.private_folder(os.path.dirname(CACHE))
    repository = Repository(declared, declared.destinations[0])
    chosen = pick(sets(repository.stored()), asked)
    made = manifests(repository, chosen)[dataset.name]
    stamp = time.strftime("%Y%m%d_%H%M%S", time.gmtime())
    if asked.live and asked.safety:
        _saved(declared, dataset, emit)
    emit({"type": "restoring", "dataset": dataset.name, "run": chosen.run, "time": chosen.time})
    began = time.monotonic()
    source = Source(repository, chosen.dumps[dataset.name])
    name = f"{dataset.told.get('database', dataset.name)}_restored_{stamp}"
    restored = engine(dataset).restore(made, source, Want(name, asked.table, asked.file))
    told = {"run": chosen.run, "stored": chosen.time, "bytes": made.bytes, "live": asked.live}
    told["former"] = _replaced(dataset, asked, restored, stamp)
    told["seconds"] = round(time.monotonic() - began, 2)
    return _record(dataset, told, restored, emit)


def pick(found: List[Set], asked: Asked) -> Set:
    """The copy that is meant; StepError when there is none."""
    last = newest(found, asked.dataset)
    if last is None:
        raise system.StepError(f"there is no copy of {asked.dataset}", "seawall backup now")
    having = [each for each in found if asked.dataset in each.dumps]
    return one(having, asked.run) if asked.run else last


def _saved(declared: Declared, dataset: Dataset, emit: Emit) -> None:
    if not making.make(declared, [dataset.name], emit):
        problem = f"{dataset.name} as it is now could not be saved, so it was not replaced"
        raise system.StepError(problem, "--no-safety-copy goes without, and loses what is new")


def _replaced(dataset: Dataset, asked: Asked, restored: Restored, stamp: str) -> str:
    """Where the former data is now; nothing is replaced by what is not the same as was saved."""
    if not asked.live or restored.seen.wrong:
        return ""
    former = engine(dataset).replace(restored, stamp)
    restored.where = ""
    return former


def _record(dataset: Dataset, told: Dict[str, Any], restored: Restored, emit: Emit) -> bool:
    wrong = restored.seen.wrong
    known = {"what": "restored", "dataset": dataset.name, "time": time.time(), "ok": not wrong}
    sealed = evidence.record({**told, **known, "where": restored.where, "wrong": wrong[:SHOWN]})
    emit({"type": "restored", **sealed})
    return not wrong
