"""One thing of Google's that is not yet as declared, and how it becomes so.

Only what bears our mark is ever changed, and the instances and disks that seawall.yml names. What
has a name of ours and not our mark belongs to somebody else: it is said and left alone.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from difflib import unified_diff
from typing import Any


@dataclass(frozen=True)
class Change:
    """What would change: `action` is + or ~; `make` does it."""

    action: str
    what: str
    diff: str
    make: Callable[[], None]


def differs(wanted: Any, there: Any) -> bool:
    """True where something declared is not so; what Google adds by itself does not count."""
    if isinstance(wanted, dict):
        known = there if isinstance(there, dict) else {}
        return any(differs(value, known.get(key)) for key, value in wanted.items())
    if isinstance(wanted, list):
        same = isinstance(there, list) and len(there) == len(wanted)
        return not same or any(differs(*pair) for pair in zip(wanted, there, strict=True))
    return bool(wanted != there and (wanted or there))


def diff(wanted: Any, there: Any = None) -> str:
    """The lines that change, as a unified diff; of what is there only what is declared."""
    before = _lines(_only(wanted, there)) if there is not None else []
    return "\n".join(list(unified_diff(before, _lines(wanted), lineterm="", n=1))[2:])


def _lines(value: Any) -> list[str]:
    return json.dumps(value, indent=1, sort_keys=True).splitlines()


def _only(wanted: Any, there: Any) -> Any:
    if isinstance(wanted, dict) and isinstance(there, dict):
        return {key: _only(wanted[key], there[key]) for key in wanted if key in there}
    return there
