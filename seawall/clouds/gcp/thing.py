"""One thing of Google's that should be as declared: found, compared, made; left alone if foreign.

Only what bears our mark is ever changed, and the disks of instances that seawall.yml names. What
has a name of ours and not our mark belongs to somebody else: it is said.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from seawall.kit.cloud import Drift, Foreign

Body = dict[str, Any]


def _as_it_is(body: Body) -> Body:
    return body


@dataclass(frozen=True)
class Thing:
    """See `kit.cloud.Resource`. `find` gives what is there, None for nothing, and raises Foreign;
    `shown` takes away what must not be shown or cannot be compared."""

    feature: str
    what: str
    find: Callable[[], Body | None]
    wanted: Callable[[], Body]
    create: Callable[[Body], Any]
    change: Callable[[Body, Body], Any]
    shown: Callable[[Body], Body] = _as_it_is
    note: str = ""

    def drift(self) -> Drift | None:
        """What would change; reads only."""
        wanted, found = self.shown(self.wanted()), self.find()
        if found is None:
            return Drift("+", self.what, {}, wanted, self.note)
        if differs(wanted, found):
            return Drift("~", self.what, _only(wanted, found), wanted, self.note)
        return None

    def apply(self) -> None:
        """Make it so, from what is there by now; what is so already stays untouched."""
        wanted, found = self.wanted(), self.find()
        if found is None:
            self.create(wanted)
        elif differs(self.shown(wanted), found):
            self.change(found, wanted)


def differs(wanted: Any, there: Any) -> bool:
    """True where something declared is not so; what Google adds by itself does not count."""
    if isinstance(wanted, dict):
        known = there if isinstance(there, dict) else {}
        return any(differs(value, known.get(key)) for key, value in wanted.items())
    if isinstance(wanted, list):
        same = isinstance(there, list) and len(there) == len(wanted)
        return not same or any(differs(*pair) for pair in zip(wanted, there, strict=True))
    return bool(wanted != there and (wanted or there))


def _only(wanted: Any, there: Any) -> Any:
    if isinstance(wanted, dict) and isinstance(there, dict):
        return {key: _only(wanted[key], there[key]) for key in wanted if key in there}
    return there


def foreign(what: str, mark: str) -> Foreign:
    """A name of ours that somebody else uses."""
    return Foreign(
        f"gcp: {what} has the name that ours would have, and is not ours; it stays as it is",
        f"rename or delete it; or, if it is yours to give, mark it as ours: {mark}",
    )
