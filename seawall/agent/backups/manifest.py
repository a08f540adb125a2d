"""What a dataset holds, measured: once in the dump's own snapshot, once in a restored copy.

Everything in a manifest is comparable: a dictionary of parts, each a dictionary of names with
what stands there. Two copies are the same when all parts are, name by name.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Dict, Iterator, List

SHOWN = 8
"""Differences of one part that are named; the rest are counted."""
LONGEST = 160
"""Characters of a value that are shown."""

Parts = Dict[str, Dict[str, Any]]


@dataclass(frozen=True)
class Manifest:
    """What one dataset held when it was dumped.

    `compared` has to be the same in a restored copy. `needed` is what a restore has to know or
    bring besides (roles, encoding), `bytes` the size of the live dataset.
    """

    engine: str
    version: str
    bytes: int
    compared: Parts
    needed: Dict[str, Any] = field(default_factory=dict)

    def document(self) -> Dict[str, Any]:
        """As it is stored beside the dump."""
        return asdict(self)

    @classmethod
    def told(cls, document: Dict[str, Any]) -> "Manifest":
        """The manifest that was stored; StepError's cause (LookupError, TypeError) otherwise."""
        names = ("engine", "version", "bytes", "compared", "needed")
        return cls(**{name: document[name] for name in names})


def differences(made: Parts, restored: Parts) -> List[str]:
    """What a restored copy lacks, has too much, or has otherwise; empty when it is the same."""
    found: List[str] = []
    for part in sorted({*made, *restored}):
        found += _few(list(_part(part, made.get(part, {}), restored.get(part, {}))))
    return found


def _part(part: str, made: Dict[str, Any], restored: Dict[str, Any]) -> Iterator[str]:
    for name in sorted({*made, *restored}):
        if name not in restored:
            yield f"{part} {_short(name)} is missing"
        elif name not in made:
            yield f"{part} {_short(name)} was not there when it was saved"
        elif made[name] != restored[name]:
            yield f"{part} {_short(name)}: {_short(made[name])} became {_short(restored[name])}"


def _few(lines: List[str]) -> List[str]:
    more = len(lines) - SHOWN
    return lines if more <= 0 else [*lines[:SHOWN], f"and {more} more of this kind"]


def _short(value: Any) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
