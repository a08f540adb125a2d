"""Stored copies, read again part by part: what rots in a corner that only old ones use is found.

A restore test reads what the newest copy needs. This reads everything once in a period: restic
groups what it stores by its name, so a part is the same part each time. A part that was damaged is
read again until it is well.
"""

from __future__ import annotations

import time
from typing import Any, Dict, List, NamedTuple, Tuple

from seawall.agent import system
from seawall.agent.backups import evidence, states
from seawall.agent.backups.declared import Declared
from seawall.agent.backups.faults import DAMAGED
from seawall.agent.backups.limits import at_most
from seawall.agent.backups.restic import Repository
from seawall.agent.wire import Emit

DAY = 86400
MOST = 256
"""So many parts restic can tell apart."""
PATIENCE = 20
"""Seconds to wait for somebody else's lock: what is not read today is tomorrow."""
TRIED = "read"
"""What states remember of a try."""
Record = Dict[str, Any]


class Part(NamedTuple):
    """The packs of one group: number `part`, counted from 1, `of` so many."""

    part: int
    of: int

    @classmethod
    def told(cls, told: Dict[str, Any]) -> "Part":
        """As a document or a record says it; StepError when there is no such part."""
        made = cls(int(told["part"]), int(told["of"]))
        if not 1 <= made.part <= made.of <= MOST:
            raise system.StepError(f"there is no part {made.part} of {made.of}")
        return made


def parts(period: float) -> int:
    """How many parts are read one a day, to read everything in so many seconds."""
    return max(1, min(MOST, round(period / DAY)))


def verify(declared: Declared, asked: Dict[str, Any], emit: Emit) -> bool:
    """Read a part of these `destinations`, of all when none is named; True when all is well.

    `reading` says which part; the next one where it is not there."""
    wanted = asked.get("reading")
    chosen = asked.get("destinations") or [each.name for each in declared.destinations]
    outcomes = []
    for each in declared.destinations:
        if each.name in chosen:
            part = Part.told(wanted) if wanted else following(each.name, parts(declared.verify))
            outcomes.append(_read(declared, Repository(declared, each), part, emit))
    return all(outcomes)


def _read(declared: Declared, repository: Repository, part: Part, emit: Emit) -> bool:
    """Read one part and write down whether it is well. What kept us from reading is no damage."""
    to, began, wrong = repository.destination.name, time.monotonic(), ""
    emit({"type": "reading", "to": to, **part._asdict()})
    states.did(TRIED, to)
    words = ["check", f"--read-data-subset={part.part}/{part.of}"]
    try:
        with at_most(declared.longest):
            repository.open()
            repository.ask(words, declared.longest, PATIENCE)
    except system.StepError as error:
        if error.problem != DAMAGED:
            emit({"type": "unread", "to": to, "problem": error.problem, "output": error.output})
            return False
        wrong = error.output
    told = {"what": "read", "to": to, "time": time.time(), "ok": not wrong, **part._asdict()}
    told["seconds"] = round(time.monotonic() - began, 2)
    sealed = evidence.record({**told, "wrong": wrong.splitlines()})
    emit({"type": "damaged" if wrong else "intact", **sealed})
    return not wrong


def readings(destination: str) -> List[Record]:
    """What was read of a destination, oldest first."""
    known, _ = evidence.records()
    return [each for each in known if each.get("what") == "read" and each.get("to") == destination]


def following(destination: str, of: int) -> Part:
    """The part that comes after the one that was read last; the same one if it was damaged."""
    last = next((each for each in reversed(readings(destination)) if each.get("of") == of), None)
    if last is None:
        return Part(1, of)
    return Part(int(last["part"]) % of + 1 if last["ok"] else int(last["part"]), of)


def damage(records: List[Record]) -> List[str]:
    """What was wrong with parts that were not read without fault since, alone or with all."""
    wrong: Dict[Tuple[int, int], List[str]] = {}
    for each in records:
        part = (int(each["part"]), int(each["of"]))
        if not each.get("ok"):
            wrong[part] = [str(line) for line in each.get("wrong", ())]
        elif part == (1, 1):
            wrong.clear()
        else:
            wrong.pop(part, None)
    return [line for lines in wrong.values() for line in lines or ["it is damaged"]]


def told(destination: str, period: float) -> Dict[str, Any]:
    """When a part of a destination was read last, what is damaged, and how often one is read."""
    records = readings(destination)
    last = records[-1]["time"] if records else None
    return {"time": last, "wrong": damage(records), "step": period / parts(period)}
