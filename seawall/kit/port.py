"""A port that something in seawall.yml needs open, and why."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, order=True)
class Port:
    """A port to open: `sources` are the networks it answers to, all when empty."""

    number: int
    protocol: Literal["tcp", "udp"] = "tcp"
    why: str = ""
    sources: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.number}/{self.protocol}" if self.protocol == "udp" else str(self.number)
