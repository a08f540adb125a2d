"""Time limits: whatever hangs is ended, and its ending is an error that is written down.

The alarm is raised through whatever is under way, past every `except Exception`, so that each
context on its way out ends the program that it started.
"""

from __future__ import annotations

import signal
from contextlib import contextmanager
from typing import Iterator

from seawall.agent import system

LONGEST = 6 * 3600
"""Seconds that one dataset may take where nothing else was declared."""


class OutOfTime(BaseException):
    """The time for something is up; not an Exception, so that nobody takes it for theirs."""

    said = ""
    """What the program that hung said last."""


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """What is done in here ends in so many seconds, if need be with a StepError. For the main
    thread only, and not one inside another."""
    before = signal.signal(signal.SIGALRM, _raise)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
    except OutOfTime as late:
        told = f"it was ended, because it took longer than {_words(seconds)}"
        raise system.StepError(told, late.said) from None
    finally:
        signal.signal(signal.SIGALRM, before)


def _raise(*signalled: object) -> None:
    raise OutOfTime


def _words(seconds: float) -> str:
    whole = round(seconds)
    for size, word in ((3600, "h"), (60, "min")):
        if whole >= size and whole % size == 0:
            return f"{whole // size} {word}"
    return f"{seconds:g} s"
