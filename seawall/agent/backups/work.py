"""What a server does for its data: backup runs and restore tests, one at a time."""

from __future__ import annotations

import signal
import time
from typing import Any, Callable, Dict, List

from seawall.agent import system
from seawall.agent.backups import (
    declared,
    due,
    making,
    proving,
    rebuilding,
    restoring,
    retention,
    states,
    verifying,
)
from seawall.agent.backups.declared import Declared
from seawall.agent.backups.restic import Repository
from seawall.agent.monitor import windows
from seawall.agent.wire import Emit

BUSY = 75
"""EX_TEMPFAIL of sysexits.h: something else is under way, and later it would work."""
PATIENCE = 600
"""Seconds that somebody who asks for a run waits for the one that is under way."""

Verb = Callable[[Declared, Dict[str, Any], Emit], bool]


def _backup(told: Declared, names: List[str], emit: Emit) -> bool:
    """A run, and then what is too old may go: never before there is something new."""
    places = [Repository(told, each) for each in told.destinations]
    with windows.under_way("backup", "a backup"):
        saved = making.make(told, names, emit, places)
    if saved:
        retention.retain(told, emit, places)
    return saved


def _due(told: Declared, names: List[str], emit: Emit) -> bool:
    """Whatever is due; a proof follows the copy that it proves, and what is old comes last.
    Nothing in quiet hours: only what somebody asks for."""
    if due.is_quiet(told, time.time()):
        emit({"type": "quiet"})
        return True
    old = due.backups(told)
    saved = _backup(told, old, emit) if old else True
    unproven = due.proofs(told)
    proven = _proof(told, unproven, emit) if unproven else True
    old = due.readings(told)
    read = verifying.verify(told, {"destinations": old}, emit) if old else True
    return saved and proven and read


def _proof(told: Declared, names: List[str], emit: Emit) -> bool:
    with windows.under_way("proof", "a restore test"):
        return proving.prove(told, names, emit)


def _on_names(work: Callable[[Declared, List[str], Emit], bool]) -> Verb:
    """Work on the datasets that are named."""
    return lambda told, asked, emit: work(told, asked.get("datasets", []), emit)


def _restore(told: Declared, asked: Dict[str, Any], emit: Emit) -> bool:
    with windows.under_way("restore", "a restore"):
        return restoring.restore(told, restoring.Asked.told(asked["restore"]), emit)


WORK: Dict[str, Verb] = {
    "backup": _on_names(_backup),
    "prove": _on_names(_proof),
    "due": _on_names(_due),
    "rebuild": _on_names(rebuilding.rebuild),
    "restore": _restore,
    "verify": verifying.verify,
}


def work(verb: str, asked: Dict[str, Any], emit: Emit) -> int:
    """Do it; an exit code. What was asked for by somebody waits for what is under way.

    `asked` names `datasets`, all when there are none, what to `restore` (restoring.Asked), or
    which part a `reading` is of (verifying.Part).
    """
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupted)
    if rebuilding.under_way() and verb != "rebuild":
        emit({"type": "failed", "problem": "a rebuild of this server is under way", "output": ""})
        return BUSY
    deadline = time.monotonic() + (0 if verb == "due" else PATIENCE)
    while True:
        with states.alone() as mine:
            if mine:
                return _work(verb, asked, emit)
        if time.monotonic() >= deadline:
            emit({"type": "busy"})
            return BUSY
        time.sleep(0.5)


def _work(verb: str, asked: Dict[str, Any], emit: Emit) -> int:
    try:
        return int(not WORK[verb](declared.declared(), asked, emit))
    except system.StepError as error:
        emit({"type": "failed", "problem": error.problem, "output": error.output})
        return 1
    except OSError as error:  # such as a full disk, where what became of a run is written down
        emit({"type": "failed", "problem": f"{verb}: {error}", "output": ""})
        return 1


def _interrupted(*signalled: object) -> None:
    raise KeyboardInterrupt
