"""A lost server that comes back on a bare machine: what is restored, and what must not happen.

A marker says that a rebuild is under way. As long as it does, nothing is saved from here: an
empty database would become the newest copy. What was restored is noted, dataset by dataset, so
that an interrupted rebuild goes on where it was, and a finished one does nothing again.
"""

from __future__ import annotations

import json
import os
import time
from typing import Any, Dict, List

from seawall.agent import system, wire
from seawall.agent.backups import evidence, occupied, sets
from seawall.agent.backups.declared import PRIVATE, STATE, Dataset, Declared
from seawall.agent.backups.engines import Source, Want, beside, engine
from seawall.agent.backups.engines.postgres import Postgres
from seawall.agent.backups.restic import Repository
from seawall.agent.wire import Emit

FILE = f"{STATE}/rebuild.json"


def marker() -> Dict[str, Any]:
    """What is known of a rebuild of this server; {} where there was none."""
    try:
        return dict(json.loads(system.read(FILE) or b"{}"))
    except (ValueError, TypeError):
        return {}


def under_way() -> bool:
    """True from the moment a rebuild begins until everything is back."""
    return marker().get("state") == "under way"


def _mark(told: Dict[str, Any]) -> Dict[str, Any]:
    system.private_folder(system.STATE)
    system.private_folder(STATE)
    system.write(FILE, json.dumps(told, indent=1).encode(), PRIVATE)
    return told


def answer(document: Dict[str, Any]) -> None:
    """Begin or end a rebuild, as a document says, and tell how it stands."""
    known = marker()
    ours = (known.get("server"), known.get("project")) == (document["server"], document["project"])
    found = [] if ours else occupied.found(document)
    if found:
        problem = f"this machine holds data already: {'; '.join(found)}"
        return wire.emit({"type": "failed", "problem": problem})
    if not ours:
        names = {key: document[key] for key in ("server", "project")}
        known = _mark({**names, "state": "under way", "began": time.time(), "datasets": {}})
    if document["verb"] == "end" and known["state"] == "under way":
        told = {"what": "rebuild", "time": time.time(), "ok": True, **document["told"]}
        known = _mark({**known, "state": "done", "evidence": evidence.record(told)["hash"]})
    elapsed = max(0.0, time.time() - known["began"])
    return wire.emit({"type": "rebuild", "state": known["state"], "elapsed": elapsed})


def rebuild(declared: Declared, names: List[str], emit: Emit) -> bool:
    """Restore every dataset that is not back yet; True when all are, and hold what was saved."""
    if not marker():
        raise system.StepError("no rebuild has begun here", "seawall rebuild")
    outcomes = [_one(declared, each, emit) for each in declared.chosen(names)]
    return all(outcomes)


def _one(declared: Declared, dataset: Dataset, emit: Emit) -> bool:
    """Restore one dataset, unless it is back; what became of it is told either way."""
    back = marker()["datasets"].get(dataset.name)
    if back:
        emit({"type": "returned", "again": True, **back})
        return True
    emit({"type": "restoring", "dataset": dataset.name})
    told: Dict[str, Any] = {"dataset": dataset.name}
    try:
        wrong = _restored(declared, dataset, told)
    except (system.StepError, OSError) as error:
        output = error.output if isinstance(error, system.StepError) else ""
        wrong = [": ".join(filter(None, [str(getattr(error, "problem", error)), output]))]
    if wrong:
        emit({"type": "unreturned", **told, "wrong": wrong})
        return False
    known = marker()
    known["datasets"][dataset.name] = told
    _mark(known)
    emit({"type": "returned", **told})
    return True


def _restored(declared: Declared, dataset: Dataset, told: Dict[str, Any]) -> List[str]:
    """Restore the newest copy from the first destination that has one; what is wrong with it."""
    began = time.monotonic()
    repository, chosen = _newest(declared, dataset)
    made = sets.manifests(repository, chosen)[dataset.name]
    told.update(run=chosen.run, stored=chosen.time, bytes=made.bytes)
    told["releases"] = sets.releases(repository, chosen)
    source, stamp = Source(repository, chosen.dumps[dataset.name]), time.strftime("%Y%m%d_%H%M%S")
    name = f"{dataset.told.get('database', dataset.name)}_rebuilt_{stamp}"
    restored = engine(dataset).restore(made, source, Want(name))
    if not restored.seen.wrong:
        _discard(dataset, engine(dataset).replace(restored, stamp))
    told.update(seconds=round(time.monotonic() - began, 2))
    return restored.seen.wrong


def _discard(dataset: Dataset, former: str) -> None:
    """Take away what an apply had made for it, if nothing is in it: nobody would know why there
    is a second one."""
    kind = engine(dataset)
    if isinstance(kind, Postgres) and former and not occupied.tables(former):
        beside.drop(kind.server(), former)
    for path in former.split(", ") if dataset.engine == "files" and former else ():
        if os.path.isdir(path) and not os.listdir(path):
            os.rmdir(path)


def _newest(declared: Declared, dataset: Dataset) -> "tuple[Repository, sets.Set]":
    """The newest copy that can be read, wherever it is; StepError names every place without."""
    told: List[str] = []
    found: "List[tuple[Repository, sets.Set]]" = []
    os.makedirs(os.path.dirname(FILE), exist_ok=True)
    for destination in declared.destinations:
        repository = Repository(declared, destination)
        try:
            last = sets.newest(sets.sets(repository.stored()), dataset.name)
        except system.StepError as error:
            told.append(f"{destination.name}: {error.problem}")
        else:
            found += [(repository, last)] if last else []
            told += [] if last else [f"{destination.name}: there is no copy of it"]
    if not found:
        raise system.StepError("; ".join(told))
    return max(found, key=lambda each: each[1].time)
