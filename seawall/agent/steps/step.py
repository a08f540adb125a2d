"""A step: a statement about a server that can be compared with it and made true."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import List, Optional, Tuple

DIFF_LINES = 400
"""A diff longer than this is cut: nobody reads it, and it has to cross the network."""


@dataclass(frozen=True)
class Change:
    """What would change: `action` is + ~ or -, `diff` a unified diff without secrets,
    `interrupts` what stops for a moment."""

    action: str
    what: str
    diff: str = ""
    interrupts: str = ""


class Step:
    """What must be true. Kinds are frozen dataclasses whose fields survive JSON.

    `reload` and `restart` name the units that must take notice of a change. A `guarded` step
    could lock everybody out: it is undone unless a second, new login is proven, and `touches`
    names the files that undoing it brings back.
    """

    reload: Tuple[str, ...] = ()
    restart: Tuple[str, ...] = ()
    guarded: bool = False

    def belongs(self) -> bool:
        """False where this server has no use for it: then it is no change."""
        return True

    def impossible(self) -> str:
        """Why this server can never have it, whatever is tried; "" where it can."""
        return ""

    def drift(self) -> Optional[Change]:
        """What is not true yet, or None."""
        raise NotImplementedError

    def rehearse(self) -> None:
        """Raise StepError when the change would be refused; changes nothing."""

    def apply(self) -> None:
        """Make it true; raises StepError."""
        raise NotImplementedError

    def touches(self) -> List[str]:
        """The files this step may change."""
        return []

    def settled(self) -> None:
        """Called once the units have taken notice."""

    def undo(self) -> None:
        """Called after the files it touches were brought back."""


def made_or_changed(what: str, lines: List[str]) -> Optional[Change]:
    """The change that these differences are, if any: the first says so where all of it is new."""
    if not lines:
        return None
    return Change("+" if lines[0] == f"+{what}" else "~", what, "\n".join(lines))


def unified(path: str, before: str, after: str) -> str:
    """The difference between two texts as the field writes it, without file headers."""
    lines = list(
        difflib.unified_diff(before.splitlines(), after.splitlines(), path, path, lineterm="", n=1)
    )[2:]
    if len(lines) > DIFF_LINES:
        lines = [*lines[:DIFF_LINES], f"… {len(lines) - DIFF_LINES} more lines"]
    return "\n".join(lines)
