"""Which of two package versions is newer, by the rules of deb-version(7)."""

from __future__ import annotations

import functools
import re
from typing import List, Tuple

PARTS = re.compile(r"(\D*)(\d*)")


@functools.lru_cache(maxsize=None)
def _order(character: str) -> int:
    """~ sorts before the end, the end before letters, letters before everything else."""
    if character == "~":
        return -1
    return ord(character) if character.isalpha() else ord(character) + 256


Key = Tuple[int, List[Tuple[List[int], int]], List[Tuple[List[int], int]]]


def key(version: str) -> Key:
    """A version as something Python compares the way dpkg does."""
    epoch, colon, rest = version.strip().partition(":")
    if not colon:
        epoch, rest = "0", version.strip()
    upstream, _, revision = rest.rpartition("-") if "-" in rest else (rest, "", "")
    return (int(epoch) if epoch.isdigit() else 0, _runs(upstream), _runs(revision))


def _runs(text: str) -> List[Tuple[List[int], int]]:
    """Alternating runs of non-digits and digits; each run of non-digits ends with "the end"."""
    pairs = PARTS.findall(text)[:-1] or [("", "")]
    runs = [([*map(_order, letters), 0], int(digits or "0")) for letters, digits in pairs]
    return [*runs, ([0], 0)]


def newer(one: str, other: str) -> bool:
    """True when `one` is a later version than `other`."""
    return key(one) > key(other)
