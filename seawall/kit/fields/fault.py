"""The one way for a validator to say what is wrong.

`raise wrong("should be a port, 1 to 65535", "what to do")`: config adds file, line, path and,
unless it is told not to, the value. Nothing here may echo a secret.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from pydantic_core import PydanticCustomError


@dataclass(frozen=True)
class Fault:
    """What is wrong, where below the validated value, and what to do about it."""

    problem: str
    hint: str = ""
    at: tuple[str | int, ...] = ()
    shown: bool = True
    """Whether the value may be shown after the words."""


def wrong(problem: str, hint: str = "", *, shown: bool = True) -> PydanticCustomError:
    """The error for a validator to raise."""
    return faults([Fault(problem, hint, shown=shown)])


def faults(found: Iterable[Fault]) -> PydanticCustomError:
    """One error that carries several faults, each with its own place."""
    return PydanticCustomError("faults", "see faults", {"faults": tuple(found)})


def closest(word: str, known: Iterable[str]) -> str:
    """The known word that was probably meant, or nothing."""
    return next(iter(get_close_matches(word, list(known), n=1)), "")
