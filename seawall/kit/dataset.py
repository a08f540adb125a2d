"""Data on a server that must not be lost."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Dataset:
    """One database, or the folders of one app.

    `told` is what the engine on the server needs to know of it, without secrets; `asserts` are
    questions that every restored copy must answer with true.
    """

    name: str
    engine: str
    told: Mapping[str, Any] = field(default_factory=dict)
    asserts: tuple[str, ...] = ()
    secrets: Mapping[str, str] = field(default_factory=dict)
    """What else it needs to know, each by the name of the secret that it is."""
