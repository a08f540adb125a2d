"""What the units of a server do for its data: a backup run, or a restore test."""

from __future__ import annotations

import signal
from typing import List

from seawall.agent.backups import declared, making, proving, states
from seawall.agent.wire import Emit

WORK = {"backup": making.make, "prove": proving.prove}


def work(verb: str, names: List[str], emit: Emit) -> int:
    """Do it, unless the same or the other is under way; an exit code."""
    signal.signal(signal.SIGTERM, _interrupted)
    with states.alone() as mine:
        if not mine:
            emit({"type": "busy"})
            return 75  # EX_TEMPFAIL of sysexits.h
        return 0 if WORK[verb](declared.declared(), names, emit) else 1


def _interrupted(*signalled: object) -> None:
    raise KeyboardInterrupt
