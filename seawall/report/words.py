"""Words, numbers and times as Seawall says them, and text from elsewhere made harmless."""

import re
import unicodedata
from collections.abc import Iterable

LETTERS = {
    "✓": "ok",
    "✗": "x",
    "…": "...",
    "→": "->",
    "·": "-",
    "\N{EN DASH}": "-",
    "\N{EM DASH}": "-",
    "\N{RIGHT SINGLE QUOTATION MARK}": "'",
    "\N{LEFT SINGLE QUOTATION MARK}": "'",
    "\N{LEFT DOUBLE QUOTATION MARK}": '"',
    "\N{RIGHT DOUBLE QUOTATION MARK}": '"',
    "\N{NO-BREAK SPACE}": " ",
}


def count(number: int, one: str, many: str = "") -> str:
    """`1 change`, `2 changes`; `many` where an s is not enough."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def listed(words: Iterable[str]) -> str:
    """`web1`, `web1 and web2`, `web1, web2 and web3`."""
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last


def shortened(text: str, width: int) -> str:
    """A list that fits: `/etc/a, /etc/b and 3 more`."""
    words = text.split(", ")
    for kept in range(len(words), 0, -1):
        more = f" and {len(words) - kept} more" if kept < len(words) else ""
        told = ", ".join(words[:kept]) + more
        if cells(told) <= width:
            return told
    return text


def duration(seconds: float) -> str:
    """`0.4 s`, `66 s`, `2 min 32 s`, `1 h 2 min`."""
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 120:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min"


def harmless(text: str) -> str:
    """One line without control characters: what a server wrote must not move our cursor.

    Neither may it turn text around, break a line or show a character that no font has.
    """
    return "".join(map(_harmless, re.sub(r"[\t\r\n]+", " ", text)))


def _harmless(character: str) -> str:
    if character.isprintable():
        return "?" if character == "\ufffd" else character
    return " " if unicodedata.category(character) == "Zs" else ascii(character)[1:-1]


def plain_letters(text: str) -> str:
    """The same in ASCII."""
    translated = "".join(LETTERS.get(character, character) for character in text)
    parts = unicodedata.normalize("NFKD", translated)
    kept = (part for part in parts if not unicodedata.combining(part))
    return "".join(kept).encode("ascii", "replace").decode()


def cells(text: str) -> int:
    """Columns that a text takes on a terminal."""
    return len(text) if text.isascii() else sum(map(_cells, text))


def _cells(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def wrap(text: str, width: int) -> list[str]:
    """Lines no wider than `width`; a path breaks after a slash, a giant word where it must."""
    if cells(text) <= width:
        return [text]
    lines, line = [], ""
    for word in text.split():
        for number, piece in enumerate(_pieces(word, width)):
            glue = " " if line and not number else ""
            if cells(line + glue + piece) <= width:
                line += glue + piece
                continue
            lines += [line] if line else []
            line = piece
    return [*lines, line] if line else lines or [""]


def _pieces(word: str, width: int) -> list[str]:
    if cells(word) <= width:
        return [word]
    pieces = re.findall(r"[^/,:=.@_-]*[/,:=.@_-]+|[^/,:=.@_-]+", word)
    return [part for piece in pieces for part in _chopped(piece, width)]


def _chopped(piece: str, width: int) -> list[str]:
    size = width if cells(piece) == len(piece) else max(1, width // 2)
    return [piece[at : at + size] for at in range(0, len(piece), size)]
