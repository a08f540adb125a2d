"""Where text goes and what it may look like there.

A pipe gets no escape code, a terminal no line wider than it is, a terminal without UTF-8 plain
letters, a screen reader no symbols alone. Whatever a server wrote is made harmless first.
"""

import os
import shutil
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TextIO

from seawall import known
from seawall.report.words import harmless, plain_letters

MARKS = {
    "ok": ("✓", "ok", "32"),
    "must": ("✗", "FAIL", "31"),
    "should": ("!", "!", "33"),
    "unknown": ("?", "?", "36"),
    "+": ("+", "+", "32"),
    "~": ("~", "~", "33"),
    "-": ("-", "-", "31"),
    "skipped": ("\N{EN DASH}", "-", ""),
}
"""Symbol, its letters where there is no UTF-8, and the colour (of the user's own sixteen)."""

BOLD = "1"


@dataclass(frozen=True)
class Screen:
    """A stream and what it can show."""

    stream: TextIO
    width: int = 80
    colour: bool = False
    letters: bool = False
    """Symbols as letters: the terminal or the locale has no UTF-8."""
    plain: bool = False
    """`key: value` lines for screen readers."""
    live: bool = False
    """A line may be drawn over."""
    github: bool = False
    """A line that begins with `::` would be obeyed."""

    def text(self, text: str) -> str:
        """One line of it that cannot do anything but be read."""
        safe = harmless(known.hide(text))
        return plain_letters(safe) if self.letters else safe

    def mark(self, name: str) -> str:
        """A symbol, as wide as every other one on this screen."""
        symbol, letters, colour = MARKS[name]
        shown = f"{letters:4}" if self.letters else symbol
        return self.paint(shown, colour)

    @property
    def mark_width(self) -> int:
        """Columns that a symbol takes."""
        return 4 if self.letters else 1

    def paint(self, text: str, style: str) -> str:
        """The text in a style, where there is colour."""
        return f"\x1b[{style}m{text}\x1b[0m" if self.colour and style else text

    def show(self, lines: Iterable[str]) -> None:
        """Write finished lines, at once."""
        for line in lines:
            self.stream.write((self._unobeyed(line) if self.github else line) + "\n")
        self.stream.flush()

    def _unobeyed(self, line: str) -> str:
        tame = line.replace("##[", "# #[")
        return f"| {tame.lstrip()}" if tame.lstrip().startswith("::") else tame


@dataclass
class Output:
    """How this run was asked to answer; handed to every verb."""

    colour: str = "auto"
    form: str = "text"
    """text, json (one document) or events (one JSON object a line)."""
    stays: Callable[[], str] = field(default=lambda: "Nothing was changed.")
    """What to say when the user interrupts: what stays as it is, and what goes on."""

    @property
    def out(self) -> Screen:
        """For data: what the user asked for."""
        return screen(sys.stdout, self.colour)

    @property
    def err(self) -> Screen:
        """For talk: progress, questions, errors."""
        return screen(sys.stderr, self.colour)

    @property
    def spoken(self) -> bool:
        """A person reads this, not a program."""
        return self.form == "text"


def screen(
    stream: TextIO, colour: str = "auto", environment: Mapping[str, str] = os.environ
) -> Screen:
    """What this stream can show, by asking it and the environment."""
    terminal = stream.isatty()
    dumb = environment.get("TERM") == "dumb"
    plain = environment.get("SEAWALL_PLAIN", "") not in ("", "0")
    return Screen(
        stream,
        width=_width(terminal, environment),
        colour=_coloured(terminal and not dumb, colour, environment),
        letters=_letters(stream, environment),
        plain=plain,
        live=terminal and not (dumb or plain or environment.get("CI")),
        github=environment.get("GITHUB_ACTIONS") == "true",
    )


def may_ask(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether somebody is there to answer a question."""
    try:
        return sys.stdin.isatty() and not environment.get("CI")
    except (AttributeError, ValueError):  # stdin is closed
        return False


def _width(terminal: bool, environment: Mapping[str, str]) -> int:
    asked = terminal or environment.get("COLUMNS", "").isdigit()
    return max(20, min(80, shutil.get_terminal_size().columns)) if asked else 80


def _coloured(able: bool, colour: str, environment: Mapping[str, str]) -> bool:
    if colour != "auto":
        return colour == "always"
    if environment.get("NO_COLOR"):
        return False
    return able or environment.get("FORCE_COLOR", "0") != "0"


def _letters(stream: TextIO, environment: Mapping[str, str]) -> bool:
    # Python itself turns the C locale into C.UTF-8, so that value says nothing about the terminal
    encoding = (stream.encoding or "ascii").lower()
    kind = environment.get("LC_CTYPE", "").replace("C.UTF-8", "")
    locale = environment.get("LC_ALL") or kind or environment.get("LANG")
    return not encoding.startswith("utf") or locale in ("C", "POSIX")
