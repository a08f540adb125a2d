"""Makes the steps true, in order, and stops at the first that cannot be.

Steps that cannot lock anybody out come first, each feature's units taking notice before the
next feature begins. Guarded steps follow together, under one guard.
"""

from __future__ import annotations

import itertools
import time
from typing import List, NamedTuple, Tuple

from seawall.agent import guard, journal
from seawall.agent.plan import Item
from seawall.agent.steps import Change, Step
from seawall.agent.system import StepError
from seawall.agent.wire import Emit

Done = Tuple[Step, Change]


class Job(NamedTuple):
    """Work that outlives the connection that asked for it."""

    id: str
    agent: str
    emit: Emit


class Undone(Exception):
    """The guarded changes were brought back."""


def converge(steps: List[Item], job: Job) -> int:
    """Make every step true; returns how many were not. Raises StepError or Undone."""
    free = [item for item in steps if not item[1].guarded]
    changed = 0
    for feature, group in itertools.groupby(free, key=lambda item: item[0]):
        changed += len(_feature(feature, [step for _, step in group], job))
    journal.pay()
    return changed + _guarded([item for item in steps if item[1].guarded], job)


def _feature(feature: str, steps: List[Step], job: Job) -> List[Done]:
    """Make one feature's steps true and let its units take notice."""
    started = time.monotonic()
    done: List[Done] = []
    try:
        for step in steps:
            done += _step(feature, step, job)
        journal.pay()
        _hold(done)
    except Exception as error:
        job.emit(_event(feature, done, started, ok=False))
        raise error
    if done:
        job.emit(_event(feature, done, started, ok=True))
    return done


def _step(feature: str, step: Step, job: Job) -> List[Done]:
    change = step.drift()
    if change is None:
        return []
    job.emit({"type": "start", "feature": feature, "what": change.what})
    journal.owe(step.reload, step.restart)
    try:
        step.apply()
    except OSError as error:
        raise StepError(f"{change.what}: {error.strerror or error}") from error
    return [(step, change)]


def _hold(done: List[Done]) -> None:
    """What was just made true must be true now."""
    for step, _ in done:
        step.settled()
    for step, _ in done:
        left = step.drift()
        if left:
            raise StepError(f"{left.what} does not hold: it was changed, and is not as declared")


def _event(feature: str, done: List[Done], started: float, *, ok: bool) -> dict[str, object]:
    return {
        "type": "step",
        "feature": feature,
        "what": [change.what for _, change in done],
        "ok": ok,
        "seconds": round(time.monotonic() - started, 2),
    }


def _rehearse(steps: List[Item], job: Job) -> None:
    """Let the programs judge their new files before anything dangerous is touched."""
    for feature, step in steps:
        try:
            step.rehearse()
        except StepError:
            job.emit(_event(feature, [], time.monotonic(), ok=False))
            raise


def _guarded(steps: List[Item], job: Job) -> int:
    """Make the dangerous steps true under one guard, and ask for the proof that we still get in."""
    changing = [(feature, step) for feature, step in steps if step.drift()]
    if not changing:
        return 0
    _rehearse(changing, job)
    guard.arm(job.id, [step for _, step in steps], job.agent)
    changed = 0
    try:
        for feature, group in itertools.groupby(steps, key=lambda item: item[0]):
            changed += len(_feature(feature, [step for _, step in group], job))
    except Exception as error:
        guard.revert()
        job.emit({"type": "undone", "why": str(error)})
        raise error
    job.emit({"type": "prove", "job": job.id, "seconds": guard.WINDOW})
    if not guard.wait(job.id):
        raise Undone
    job.emit({"type": "kept"})
    return changed
