"""A stretch of text on its way to whoever looks for secrets in it."""

from dataclasses import dataclass

from seawall.repository.leaks.leak import Seen


@dataclass(frozen=True)
class Origin:
    """The file, and for history the commit, that pieces come from."""

    path: str
    first: Seen | None = None


@dataclass(frozen=True)
class Piece:
    """Whole lines, the first of which has this number in its file."""

    origin: Origin
    text: bytes
    line: int = 1


MOST_BYTES = 5_000_000
"""Of one file. What is longer was not written by hand."""


def readable(text: bytes) -> bytes | None:
    """UTF-8 of a text, None for anything else: git's own test, a zero in the first 8,000 bytes."""
    if text[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return text.decode("utf-16", "replace").encode("utf-8", "replace")
    return None if b"\0" in text[:8000] else text
