"""Python alone, where no engine is installed: our own table, slower, and without its 460 kinds."""

from collections.abc import Iterable, Iterator

from seawall.repository.leaks.judge import Candidate
from seawall.repository.leaks.piece import Origin, Piece
from seawall.repository.leaks.rule import Rule
from seawall.repository.leaks.rules import RULES

NAME = "own rules alone"
AROUND = 600
"""Letters on each side of a word in which its secret has to be."""


def scan(pieces: Iterable[Piece]) -> Iterator[tuple[Origin, int, Candidate]]:
    """Every candidate with the file and line it is at."""
    for piece in pieces:
        text = piece.text.decode("utf-8", "replace")
        low = text.lower()
        if len(low) != len(text):  # a letter that grows when lowered: places would shift
            low = "".join(c.lower() if len(c.lower()) == 1 else c for c in text)
        for rule in RULES:
            for start, end in _windows(low, rule.words):
                yield from _in(piece, text, (start, end), rule)


def _windows(low: str, words: tuple[str, ...]) -> Iterator[tuple[int, int]]:
    """Stretches around each word, those that touch joined."""
    spots = sorted(at for word in words for at in _all(low, word))
    start = end = -1
    for at in spots:
        if at - AROUND > end >= 0:
            yield start, end
            start = -1
        if start < 0:
            start = max(at - AROUND, 0)
        end = min(at + AROUND, len(low))
    if start >= 0:
        yield start, end


def _all(low: str, word: str) -> Iterator[int]:
    at = low.find(word)
    while at >= 0:
        yield at
        at = low.find(word, at + len(word))


def _in(
    piece: Piece, text: str, window: tuple[int, int], rule: Rule
) -> Iterator[tuple[Origin, int, Candidate]]:
    for found in rule.regex.finditer(text, *window):
        start, end = found.span(1)
        begin = text.rfind("\n", 0, start) + 1
        stop = text.find("\n", end)
        after = text[end : min(stop if stop >= 0 else len(text), end + 200)]
        before = text[max(begin, start - 100) : start]
        line = piece.line + text.count("\n", 0, start)
        seen = (rule.id, rule.sort, found[1], piece.origin.path)
        yield piece.origin, line, Candidate(*seen, before, after, start - begin + 1)
