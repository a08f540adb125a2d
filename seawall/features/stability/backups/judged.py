"""What the facts about backups mean for a founder: how much is lost, and how long it takes."""

from collections.abc import Iterator, Mapping
from statistics import median
from typing import Any

from seawall.kit.amounts import age

Facts = Mapping[str, Any]
TRIFLE = 100_000
"""Bytes below which a copy may be of any size."""
SKEW = 60
"""Seconds that a moment may be ahead of the clock."""
LATE = 1.5
"""A copy is late when it is so many periods old; the half is for a run that takes its time."""
OVERDUE = 1.15
"""A proof is overdue when it is so many periods old: a week and a day, for a weekly one."""

MISSED = 3
"""Old copies are not read any more when so many days' parts were left out."""


def first(told: Facts) -> Facts:
    """What the first destination knows of a dataset."""
    return dict(next(iter(told["stored"].values()), {}))


def age_of(facts: Facts, moment: Any) -> float | None:
    """Seconds since a moment of the server's clock; None when it never was, or is yet to come."""
    if moment is None or is_ahead(facts, moment):
        return None
    return max(0.0, float(facts["now"]) - float(moment))


def is_ahead(facts: Facts, moment: Any) -> bool:
    """True for a moment that is yet to come: the clock was put back since."""
    return moment is not None and float(moment) > float(facts["now"]) + SKEW


def said_age(facts: Facts, moment: Any, never: str) -> str:
    """A moment, for people."""
    if is_ahead(facts, moment):
        return "dated in the future: the clock was ahead then, or is behind now"
    return never if moment is None else f"{age(age_of(facts, moment) or 0.0)} old"


def late(facts: Facts, destination: str) -> Iterator[tuple[str, str]]:
    """Datasets whose newest copy there is too old: name, and how old, and what went wrong. It may
    be as much older as there are quiet hours in a day."""
    limit = LATE * facts["every"] + facts.get("quiet", 0)
    for name, told in facts["datasets"].items():
        there = told["stored"].get(destination, {})
        seconds_old = age_of(facts, there.get("time"))
        if seconds_old is None or seconds_old > limit:
            said = [said_age(facts, there.get("time"), "never stored"), there.get("error") or ""]
            yield name, "; ".join(filter(None, [*said, _running(facts)]))


def _running(facts: Facts) -> str:
    since = age_of(facts, facts.get("running"))
    return "" if since is None else f"a run is under way for {age(since)}"


def unproven(facts: Facts) -> Iterator[tuple[str, str, str]]:
    """Datasets whose copy was not proven of late: name, how old the last proof is, and what was
    wrong with the copy."""
    limit = OVERDUE * facts.get("prove", 0) + facts.get("quiet", 0)
    for name, told in facts["datasets"].items():
        tried, proof = told.get("tried_proof") or {}, told.get("proof") or {}
        seconds_old = age_of(facts, proof.get("time"))
        wrong = "; ".join(tried.get("wrong", ())) if not tried.get("ok") else ""
        if seconds_old is None or wrong or seconds_old > limit:
            yield name, said_age(facts, proof.get("time"), "never"), wrong


def unread(facts: Facts) -> Iterator[tuple[str, bool, str]]:
    """Destinations of which a part is damaged, or none was read of late: name, whether it is
    damaged, and what was seen."""
    for name, told in facts.get("readings", {}).items():
        since = age_of(facts, told["time"] if told["time"] is not None else told["since"])
        if told["wrong"]:
            yield name, True, "; ".join(told["wrong"])
        elif since is not None and since > MISSED * told["step"]:
            yield name, False, said_age(facts, told["time"], "never")


def worst(facts: Facts) -> tuple[float | None, float | None]:
    """Seconds of data lost, and seconds until it is back, if the server died now; None where
    that is not known, because a dataset was never stored or never proven."""
    lost, back = 0.0, 0.0
    unknown = [False, False]
    for told in facts["datasets"].values():
        seconds_old = age_of(facts, first(told).get("time"))
        proof = told.get("proof") or {}
        unknown[0] |= seconds_old is None
        unknown[1] |= not proof or bool((told.get("tried_proof") or {}).get("wrong"))
        lost, back = max(lost, seconds_old or 0.0), back + float(proof.get("seconds", 0.0))
    return None if unknown[0] else lost, None if unknown[1] else back


def shrunk(facts: Facts) -> Iterator[tuple[str, float, float]]:
    """Datasets whose newest copy is less than half of the median of those before it: name, the
    median, and the newest, in bytes."""
    for name, told in facts["datasets"].items():
        *before, now = first(told).get("sizes") or [0]
        if before and now < median(before) / 2 and max(before) > TRIFLE:
            yield name, median(before), now
