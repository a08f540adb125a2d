"""What a cloud must be able to do, whoever provides it.

`Cloud.resources` are compared and made so one after the other, in this order; the engine plans,
asks and applies them like steps of a server. A Resource never changes what lacks our tag.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

from seawall.errors import SeawallError
from seawall.kit.cloud.seen import Account, Instance, Snapshot
from seawall.kit.cloud.settings import AccountSettings, Placed

TAG = "seawall"
"""The key of the tag or label that what is ours bears; its value is the project's name."""


class MissingPermission(SeawallError):
    """The account lets us in, but not do this."""


class Foreign(SeawallError):
    """Something of this name is there and is not ours, so it stays as it is."""


@dataclass(frozen=True)
class Wanted:
    """What seawall.yml wants of one account, and knows of its servers."""

    project: str
    settings: AccountSettings
    servers: dict[str, Placed] = field(default_factory=dict)
    """The servers that are in this cloud."""
    ports: dict[str, tuple[int, ...]] = field(default_factory=dict)
    """TCP ports of each that may be open to everybody, that of ssh included."""

    @property
    def prefix(self) -> str:
        """What names of ours begin with."""
        return f"seawall-{self.project}"


@dataclass(frozen=True)
class Drift:
    """What is not yet so. `before` and `after` are what a provider holds, without secrets."""

    action: str
    """One of + ~ ."""
    what: str
    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)
    note: str = ""


class Resource(Protocol):
    """One thing that should be true of an account."""

    feature: str
    """The setting that wants it: snapshots, alarms or bucket."""

    def drift(self) -> Drift | None:
        """What would change; None when it is so. Reads only. Foreign when another's thing has its
        name."""

    def apply(self) -> None:
        """Make it so. Doing it twice does no harm."""


class Cloud(Protocol):
    """One account of one provider."""

    name: str
    """`aws` or `gcp`."""

    def missing(self) -> tuple[str, ...]:
        """Permissions that are wanted and not there, before anything is done."""

    def resources(self) -> Iterator[Resource]:
        """What seawall.yml wants, in the order it is made."""

    def look(self) -> Account:
        """Everything that checks judge. Reads only, side by side."""

    def policy(self) -> dict[str, Any]:
        """The least that an account must allow us, in the provider's own words."""

    def instances(self) -> tuple[Instance, ...]:
        """What runs there, for `seawall servers import`."""

    def snapshots(self) -> tuple[Snapshot, ...]:
        """Snapshots of the declared servers' disks, the newest first."""

    def snapshot(self, server: str) -> tuple[str, ...]:
        """Begin a snapshot of all disks of a server now; their ids."""

    def restore(self, snapshot: str, server: str) -> str:
        """A new disk made of a snapshot, where the server could attach it; its id."""

    def attach(self, disk: str, server: str) -> str:
        """Attach a disk that we made to a server; the name that the server sees it by."""

    def discard(self, disk: str, server: str) -> None:
        """Detach and delete a disk that we made for a proof; refuses any other."""
