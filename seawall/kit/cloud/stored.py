"""Snapshots as they are told: what an account stores, and what became of proving one."""

from dataclasses import dataclass

from seawall.errors import SeawallError
from seawall.kit.cloud.seen import Snapshot


@dataclass(frozen=True)
class Stored:
    """Snapshots of one account's declared servers, or why they could not be listed."""

    account: str
    snapshots: tuple[Snapshot, ...] = ()
    error: SeawallError | None = None


@dataclass(frozen=True)
class Proof:
    """What became of proving one snapshot: what was on it, or what was wrong."""

    server: str
    snapshot: str
    seconds: float = 0.0
    found: tuple[str, ...] = ()
    error: SeawallError | None = None
