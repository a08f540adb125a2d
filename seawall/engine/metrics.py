"""Numbers of servers, from the history that each keeps: the newest, of a moment, over a time."""

from typing import Any

from seawall.config import Config
from seawall.engine import doors
from seawall.errors import SeawallError
from seawall.kit.numbers import Numbers


def ask(config: Config, names: list[str], when: dict[str, float]) -> list[Numbers]:
    """Ask every server, side by side. `when` is empty for now, or has `at`, or `since` and
    perhaps `until`, in seconds of the epoch."""
    return doors.on_each(names, lambda name: _asked(config, name, when))


def _asked(config: Config, name: str, when: dict[str, float]) -> Numbers:
    document = {"mode": "history", **when}
    try:
        there = doors.server(config, name)
        return Numbers(name, doors.answer(there, document, "numbers", _refused))
    except SeawallError as error:
        return Numbers(name, {}, error)


def _refused(event: dict[str, Any]) -> SeawallError:
    return SeawallError(str(event.get("problem", "it could not be read")), "seawall check")
