"""The packet filter, judged by the rules in use and not only by their file."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import List, Optional

from seawall.agent import system
from seawall.agent.steps.files import File
from seawall.agent.steps.step import Change

LOADED = f"{system.STATE}/firewall.loaded"
"""A digest of what `nft` showed right after our rules were loaded."""


@dataclass(frozen=True)
class Nft(File):
    """A packet filter that is loaded as written: rules changed by hand are found and undone."""

    table: str = "seawall"

    def drift(self) -> Optional[Change]:
        drift = super().drift()
        if drift:
            return drift
        if self._loaded() != (system.read(LOADED) or b"").decode():
            return Change("~", "packet filter in use", "rules in use differ from the file's")
        return None

    def apply(self) -> None:
        super().apply()
        self._load()

    def undo(self) -> None:
        """Load what was there before; a file that was not ours is not loaded, it may flush all."""
        if f"table inet {self.table}".encode() in (system.read(self.path) or b""):
            self._load()
        else:
            system.run(["nft", "delete", "table", "inet", self.table])

    def _load(self) -> None:
        system.must(["nft", "-f", self.path])
        system.private_folder(system.STATE)
        system.write(LOADED, self._loaded().encode(), system.Ownership(0o600, 0, 0))

    def _loaded(self) -> str:
        """A digest of the rules in use, without counters and without the addresses in sets."""
        listing = system.run(["nft", "--stateless", "--terse", "list", "table", "inet", self.table])
        return hashlib.sha256(listing.output.encode()).hexdigest()

    def touches(self) -> List[str]:
        return [self.path, LOADED]
