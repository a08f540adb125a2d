"""What is known of each dataset: made, stored, proven, and how old each is.

What is stored is read from the destination, never from the memory of a run. What could not be
read is said, and counts as nothing.
"""

from __future__ import annotations

import os
import threading
import time
from typing import Any, Dict, List

from seawall.agent import system
from seawall.agent.backups import evidence, schedule, states, verifying
from seawall.agent.backups.declared import DECLARED, Dataset, Declared, Destination, declared
from seawall.agent.backups.restic import SLOW_SECONDS, Repository
from seawall.agent.backups.sets import Set, ahead, newest, sets

DAY = 24 * 60
"""Minutes."""
GLANCE = 6
"""Seconds that a destination has for an answer when somebody looks, who waits for no probe longer
than 8."""

Answers = Dict[str, Dict[str, Any]]


def judge() -> Dict[str, Any]:
    """Every destination and dataset of this server; `declared` is false where nothing is."""
    if not os.path.exists(DECLARED):
        return {"declared": False, "now": time.time(), "datasets": {}, "destinations": {}}
    try:
        told = declared()
    except system.StepError as error:
        broken = {"declared": True, "broken": error.problem, "now": time.time()}
        return {**broken, "datasets": {}, "destinations": {}, "evidence_whole": True}
    return judged(told, answers(told, GLANCE))


def answers(told: Declared, seconds: float = SLOW_SECONDS) -> Answers:
    """By destination, the sets that it has, or why they cannot be read in this time."""
    found: Answers = {each.name: {} for each in told.destinations}

    def ask(each: Destination) -> None:
        found[each.name] = _asked(told, each, seconds)

    threads = [threading.Thread(target=ask, args=(each,)) for each in told.destinations]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def judged(told: Declared, answers: Answers) -> Dict[str, Any]:
    """What these answers, and what this server remembers, say of every dataset."""
    records, whole = evidence.records()
    known = states.known()
    return {
        "declared": True,
        "now": time.time(),
        "every": told.every,
        "prove": told.prove,
        "quiet": sum((end - begin) % DAY * 60 for begin, end in told.quiet),
        "evidence_whole": whole,
        "rebuild": next(
            (each for each in reversed(records) if each.get("what") == "rebuild"), None
        ),
        "running": states.running(),
        "schedule": schedule.wrong(),
        "readings": {
            name: {**verifying.told(name, told.verify), "since": _first(answers[name])}
            for name in answers
        },
        "destinations": {name: each.get("error") for name, each in answers.items()},
        "datasets": {
            each.name: {
                "engine": each.engine,
                "stored": {name: _stored(answers[name], known, name, each) for name in answers},
                **_proofs(records, each),
            }
            for each in told.datasets
        },
    }


def _first(answer: Dict[str, Any]) -> "float | None":
    """When the oldest copy of a destination was made."""
    return min((each.time for each in answer.get("sets", ())), default=None)


def _asked(told: Declared, destination: Destination, seconds: float) -> Dict[str, Any]:
    try:
        return {"sets": sets(Repository(told, destination).stored(seconds))}
    except system.StepError as error:
        return {"error": f"{error.problem}: {error.output}" if error.output else error.problem}


def _stored(
    answer: Dict[str, Any], known: Dict[str, Any], name: str, dataset: Dataset
) -> Dict[str, Any]:
    """The newest copy of a dataset in a destination, and how the last run ended."""
    remembered = known.get(name, {}).get(dataset.name, {})
    failed = remembered.get("error") or {}
    told: Dict[str, Any] = {
        "tried": remembered.get("tried"),
        "seconds": remembered.get("seconds"),
        "sizes": remembered.get("sizes", []),
        "error": ": ".join(filter(None, [failed.get("problem"), failed.get("output")])),
        "time": None,
    }
    found: List[Set] = answer.get("sets", [])
    last = newest(found, dataset.name)
    if last:
        told["ahead"] = ahead(last.time)
        told.update(time=last.time, run=last.run, snapshot=last.dumps[dataset.name])
    return {**told, "copies": sum(dataset.name in each.dumps for each in found)}


def _proofs(records: List[Dict[str, Any]], dataset: Dataset) -> Dict[str, Any]:
    """The last proof that was tried, and the last that held."""
    mine = [
        each
        for each in records
        if each.get("dataset") == dataset.name and each.get("what") == "restore"
    ]
    held = [each for each in mine if each.get("ok")]
    return {"tried_proof": mine[-1] if mine else None, "proof": held[-1] if held else None}
