"""What the facts about backups mean for a founder: how much is lost, and how long it takes."""

from collections.abc import Iterator, Mapping
from statistics import median
from typing import Any

Facts = Mapping[str, Any]
TRIFLE = 100_000
"""Bytes below which a copy may be of any size."""
LATE = 1.5
"""A copy is late when it is so many periods old; the half is for a run that takes its time."""
OVERDUE = 1.15
"""A proof is overdue when it is so many periods old: a week and a day, for a weekly one."""


def first(told: Facts) -> Facts:
    """What the first destination knows of a dataset."""
    return dict(next(iter(told["stored"].values()), {}))


def age_of(facts: Facts, moment: Any) -> float | None:
    """Seconds since a moment of the server's clock; None when it never was."""
    return None if moment is None else max(0.0, float(facts["now"]) - float(moment))


def late(facts: Facts, destination: str) -> Iterator[tuple[str, float | None, str]]:
    """Datasets whose newest copy there is too old: name, age or None, and what went wrong."""
    for name, told in facts["datasets"].items():
        there = told["stored"].get(destination, {})
        age = age_of(facts, there.get("time"))
        if age is None or age > LATE * facts["every"]:
            yield name, age, str(there.get("error") or "")


def unproven(facts: Facts) -> Iterator[tuple[str, float | None, str]]:
    """Datasets whose copy was not proven of late: name, age of the last proof, what was wrong."""
    for name, told in facts["datasets"].items():
        tried, proof = told.get("tried_proof") or {}, told.get("proof") or {}
        age = age_of(facts, proof.get("time"))
        wrong = "; ".join(tried.get("wrong", ())) if not tried.get("ok") else ""
        if age is None or wrong or age > OVERDUE * facts["prove"]:
            yield name, age, wrong


def worst(facts: Facts) -> tuple[float | None, float | None]:
    """Seconds of data lost, and seconds until it is back, if the server died now; None where
    that is not known, because a dataset was never stored or never proven."""
    lost, back = 0.0, 0.0
    unknown = [False, False]
    for told in facts["datasets"].values():
        age = age_of(facts, first(told).get("time"))
        proof = told.get("proof") or {}
        unknown[0] |= age is None
        unknown[1] |= not proof or bool((told.get("tried_proof") or {}).get("wrong"))
        lost, back = max(lost, age or 0.0), back + float(proof.get("seconds", 0.0))
    return None if unknown[0] else lost, None if unknown[1] else back


def shrunk(facts: Facts) -> Iterator[tuple[str, float, float]]:
    """Datasets whose newest copy is less than half of the median of those before it: name, the
    median, and the newest, in bytes."""
    for name, told in facts["datasets"].items():
        *before, now = first(told).get("sizes") or [0]
        if before and now < median(before) / 2 and max(before) > TRIFLE:
            yield name, median(before), now
