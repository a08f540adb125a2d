"""What is due: asked every few minutes, so that a run that failed or was missed is made up for.

A timer that fires once a day and fails once has lost a day; one that asks often has not. Times
are of the wall clock, and one in the future counts as none: clocks are put right, too.
"""

from __future__ import annotations

import time
from typing import Any, Dict, List

from seawall.agent.backups import evidence, states, verifying
from seawall.agent.backups.declared import Declared

EARLY = 0.05
"""A run may be this share of its period early, so that it does not slip by a tick each time."""
RETRY = 600
"""Seconds until what failed is tried again; a proof, which costs more, waits six times as long."""


def is_quiet(declared: Declared, now: float) -> bool:
    """True in hours in which this server, by its own clock and zone, does nothing unasked."""
    told = time.localtime(now)
    minute = told.tm_hour * 60 + told.tm_min
    return any(
        begin <= minute < end if begin < end else minute >= begin or minute < end
        for begin, end in declared.quiet
    )


def backups(declared: Declared) -> List[str]:
    """The datasets whose copy is old, in any destination."""
    known, now = states.known(), time.time()
    return [
        dataset.name
        for dataset in declared.datasets
        if any(
            _is_due(known.get(each.name, {}).get(dataset.name, {}), declared.every, now)
            for each in declared.destinations
        )
    ]


def _is_due(told: Dict[str, Any], period: float, now: float) -> bool:
    stored, tried = _age(told.get("stored"), now), _age(told.get("tried"), now)
    return stored > period * (1 - EARLY) and tried > (RETRY if told.get("error") else 0)


def proofs(declared: Declared) -> List[str]:
    """The datasets that have a copy, whose last proof is old."""
    known, now = states.known(), time.time()
    stored = known.get(declared.destinations[0].name, {})
    last: Dict[str, Dict[str, Any]] = {}
    for record in evidence.proofs():
        last[str(record.get("dataset"))] = record
    return [
        dataset.name
        for dataset in declared.datasets
        if stored.get(dataset.name, {}).get("stored")
        and _unproven(last.get(dataset.name, {}), declared.prove, now)
    ]


def _unproven(record: Dict[str, Any], period: float, now: float) -> bool:
    wait = period * (1 - EARLY) if record.get("ok") else min(period, 6 * RETRY)
    return _age(record.get("time"), now) > wait


def readings(declared: Declared) -> List[str]:
    """The destinations with copies of which a part is to be read again."""
    known, now, wait = states.known(), time.time(), 6 * RETRY
    found = []
    for each in declared.destinations:
        read = verifying.told(each.name, declared.verify)
        stored = any(one.get("stored") for one in known.get(each.name, {}).values())
        old = _age(read["time"], now) > read["step"] * (1 - EARLY)
        if stored and old and _age(states.last(verifying.TRIED, each.name), now) > wait:
            found.append(each.name)
    return found


def _age(moment: Any, now: float) -> float:
    """Seconds since then; for ever when it never was, or is yet to come."""
    if not isinstance(moment, (int, float)) or moment > now + 60:
        return float("inf")
    return now - moment
