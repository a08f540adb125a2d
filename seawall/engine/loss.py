"""What would be lost if a server died now: the sentence that everything ends on.

Never optimistic: what was not stored is lost, what was never proven takes an unknown time, and
what could not be looked at is unknown.
"""

from collections.abc import Mapping
from typing import Any

from seawall.config import Config
from seawall.features.stability.backups import Backups
from seawall.features.stability.backups.judged import worst
from seawall.kit.amounts import age


def told(config: Config | None, facts: Mapping[str, Mapping[str, Any]]) -> str:
    """One line for each server, or one for all of which the same is true."""
    said: dict[str, list[str]] = {}
    for name, seen in facts.items():
        said.setdefault(_server(config, name, seen), []).append(name)
    return "\n".join(f"If {_which(names)} died now: {what}" for what, names in said.items())


def _which(names: list[str]) -> str:
    return " or ".join(names) if len(names) < 4 else f"one of {len(names)} servers"


def _server(config: Config | None, name: str, seen: Mapping[str, Any]) -> str:
    declared = config.datasets(name) if config else ()
    if "declared" not in seen or seen.get("broken"):
        return "unknown what is lost: its backups could not be looked at."
    if not seen["declared"]:
        return "all its data is lost. No copy exists anywhere else."
    return _saved(config, declared, seen)


def _saved(config: Config | None, declared: Any, seen: Mapping[str, Any]) -> str:
    unsaved = [each.name for each in declared if each.name not in seen["datasets"]]
    here = config and all(place.to.startswith("/") for _, place in config.of(Backups).places)
    if here:
        return "all its data is lost. The only copies lie on the server itself."
    lost, back = worst(seen)
    if lost is None or unsaved:
        return "data is lost of which no copy was ever stored."
    if back is not None and seen.get("rebuild"):
        back = max(back, float(seen["rebuild"]["seconds"]))
    how_long = f"back in about {age(back)} (measured)" if back is not None else NEVER
    return f"at most {age(lost)} of data lost, {how_long}."


NEVER = "unknown when it is back: no restore was ever proven"
