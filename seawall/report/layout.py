"""The shape of Seawall's screens: a left column of 13, symbols, ids at the right edge.

No boxes, no tables: every line reads well aloud, in a pipe and at 40 columns.
"""

import re

from seawall.errors import SeawallError
from seawall.report.screen import BOLD, Screen
from seawall.report.words import cells, wrap

LEFT = 13
"""Where the text beside a name begins."""
NARROW = 60
"""Below this many columns, what hangs to the right gets a line of its own."""


class Page:
    """Lines in the making, for one screen."""

    def __init__(self, screen: Screen) -> None:
        self.screen = screen
        self.lines: list[str] = []

    def blank(self) -> None:
        """An empty line, never two."""
        if self.lines and self.lines[-1]:
            self.lines.append("")

    def text(self, text: str, indent: int = 0, hang: int = 0) -> None:
        """Running text, wrapped; lines after the first are set in by `hang` more."""
        margin = " " * indent
        first, *more = wrap(self.screen.text(text), self._room(indent))
        if more and hang:
            more = wrap(" ".join(more), self._room(indent + hang))
        self.lines += [margin + first, *(margin + " " * hang + line for line in more)]

    def head(self, name: str, text: str) -> None:
        """A server's name, and what is to be said about all of it."""
        shown = self.screen.text(name)
        self._beside(self.screen.paint(shown, BOLD), cells(shown), text, LEFT)

    def row(self, name: str, text: str) -> None:
        """A name and what is to be said about it, without weight."""
        shown = self.screen.text(name)
        self._beside(shown, cells(shown), text, LEFT)

    def item(self, mark: str, text: str, right: str = "", name: tuple[str, int] = ("", 0)) -> None:
        """`✗ what is wrong            the.id`; `name` adds a column of a given width."""
        label = self._label(name)
        lead = f"  {self.screen.mark(mark)} {label}"
        at = 2 + self.screen.mark_width + 1 + cells(label)
        if name[1] and self.screen.width < NARROW and cells(text) > self._room(at):
            self.lines.append(lead.rstrip())
            lead, at = " " * 6, 6
        self._hung(lead, at, self.screen.text(text), self.screen.text(right))

    def entry(self, text: str, right: str) -> None:
        """A line without a symbol, with an id at the right edge."""
        self._hung("  ", 2, self.screen.text(text), self.screen.text(right))

    def bullet(self, text: str) -> None:
        """A line below an item, at its text."""
        self.text(text, indent=6, hang=5 if text.startswith("fix: ") else 2)

    def failure(self, server: str, error: SeawallError) -> None:
        """Why a server could not be worked on, below its name."""
        first, *more = error.problem.removeprefix(f"{server}: ").splitlines() or [""]
        self.item("must", first)
        for line in more:
            self.bullet(line)
        if error.hint:
            self.bullet(f"fix: {' '.join(error.hint.split())}")

    def exact(self, line: str, indent: int, mark: str = "") -> None:
        """A line of a file: kept as it is, cut where the screen ends and continued."""
        room = self._room(indent + (2 if mark else 0))
        safe = self.screen.text(line)
        symbol = f"{self.screen.paint(mark, DIFF[mark])} " if mark.strip() else "  " * bool(mark)
        pieces = [safe[at : at + room] for at in range(0, len(safe), room)] or [""]
        lead = [symbol, *("  " * bool(mark) for _ in pieces)]
        both = zip(lead, pieces, strict=False)
        self.lines += [f"{' ' * indent}{start}{piece}".rstrip() for start, piece in both]

    def show(self) -> None:
        """Write it."""
        self.screen.show(self.lines)
        self.lines = []

    def _label(self, name: tuple[str, int]) -> str:
        text, width = self.screen.text(name[0]), name[1]
        gap = " " * (width - cells(text)) if width else ""
        return f"{text}{gap or '  '}" if width else text

    def _beside(self, shown: str, width: int, text: str, column: int) -> None:
        at = max(column, width + 2)
        if self.screen.width - at < 20:
            self.lines.append(shown)
            self.text(text, indent=2)
            return
        fits = cells(text) <= self._room(at)
        told = self.screen.text(text if fits else re.sub(" {2,}", ", ", text))
        first, *more = wrap(told, self._room(at))
        self.lines.append(f"{shown}{' ' * (at - width)}{first}".rstrip())
        self.lines += [" " * at + line for line in more]

    def _hung(self, lead: str, at: int, text: str, right: str) -> None:
        """Text after a lead, with something at the right edge of its first line."""
        beside = self.screen.width >= NARROW or cells(text) + cells(right) + 2 <= self._room(at)
        reserved = cells(right) + 2 if right and beside else 0
        first, *more = wrap(text, max(12, self._room(at) - reserved))
        gap = self._room(at) - cells(first) - cells(right)
        aligned = f"{' ' * gap}{right}" if reserved and gap > 0 else ""
        self.lines.append(f"{lead}{first}{aligned}".rstrip())
        self.lines += [" " * at + line for line in more]
        if right and not aligned:
            self.lines += [part.rjust(self.screen.width) for part in wrap(right, self._room(at))]

    def _room(self, indent: int) -> int:
        return max(8, self.screen.width - indent)


DIFF = {"+": "32", "-": "31", " ": ""}
