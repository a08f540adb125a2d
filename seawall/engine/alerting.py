"""Alerts as a person asks for them: what is open, tests with their receipts, quiet for a while."""

import os
from dataclasses import dataclass
from typing import Any

from seawall.config import Config
from seawall.engine import doors
from seawall.errors import SeawallError


@dataclass(frozen=True)
class Answered:
    """What a server told, or why it could not."""

    server: str
    told: dict[str, Any]
    error: SeawallError | None = None


def ask(config: Config, names: list[str], verb: str, **words: Any) -> list[Answered]:
    """Ask each of these servers, side by side."""
    document = {"mode": "alerts", "verb": verb, "by": who(), **words}
    return doors.on_each(names, lambda name: _ask(config, name, document))


def _ask(config: Config, name: str, document: dict[str, Any]) -> Answered:
    def refused(event: dict[str, Any]) -> SeawallError:
        said = " ".join(str(event.get("output") or "").split())
        problem = f"{event['problem']}: {said}" if said else event["problem"]
        return SeawallError(f"{name}: {problem}", f"seawall apply {name}, then try again")

    try:
        there = doors.server(config, name)
        told = doors.answer(there, document, "alerts", refused, cut="seawall alerts list")
        return Answered(name, told)
    except SeawallError as error:
        return Answered(name, {}, error)


def who() -> str:
    """Whoever sits here, for the book."""
    return os.environ.get("USER") or "somebody"
