"""One thing of ours at Amazon: what is there is compared with what should be, key by key."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from seawall.clouds.aws.session import Session
from seawall.kit.cloud import Drift

Settings = dict[str, Any]


@dataclass
class Thing:
    """Subclasses say what is `seen` (None: it is not there; Foreign: it is another's), what is
    `wanted`, and how to `make` it so."""

    session: Session
    feature = ""
    what = ""

    def seen(self) -> Settings | None:
        """What Amazon holds of it, in the keys of `wanted`. Reads only."""
        raise NotImplementedError

    @cached_property
    def wanted(self) -> Settings:
        """What should be."""
        return {}

    def make(self, seen: Settings | None) -> None:
        """Create it, or change what differs."""
        raise NotImplementedError

    def drift(self) -> Drift | None:
        seen = self.seen()
        if seen == self.wanted:
            return None
        return Drift("+" if seen is None else "~", self.what, seen or {}, self.wanted)

    def apply(self) -> None:
        seen = self.seen()
        if seen != self.wanted:
            self.make(seen)
