"""One project: the contract's words, each said by the part beside this one that knows."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from seawall.clouds.gcp import bucket, budgets, copies, looking, monitoring, roles, schedules, seen
from seawall.clouds.gcp.declared import Declared
from seawall.clouds.gcp.door import Door
from seawall.kit.cloud import Account, Instance, Resource, Snapshot


@dataclass(frozen=True)
class Google:
    """See `kit.cloud.Cloud`."""

    door: Door
    declared: Declared
    name: str = "gcp"

    def missing(self) -> tuple[str, ...]:
        """Permissions that are wanted and not there; Google says which in one request."""
        return roles.missing(self.door, self.declared)

    def resources(self) -> Iterator[Resource]:
        """What seawall.yml wants, in the order it is made."""
        for part in (schedules, bucket, monitoring, budgets):
            yield from part.things(self.door, self.declared)

    def look(self) -> Account:
        """Everything that checks judge."""
        return looking.look(self.door, self.declared)

    def policy(self) -> dict[str, Any]:
        """The custom role, as `gcloud iam roles create --file` takes it."""
        return roles.role(self.declared)

    def instances(self) -> tuple[Instance, ...]:
        """What is there."""
        return seen.instances(self.door)

    def snapshots(self) -> tuple[Snapshot, ...]:
        """Snapshots of the declared servers' disks, the newest first."""
        return copies.listed(self.door, self.declared)

    def snapshot(self, server: str) -> tuple[str, ...]:
        """Begin a snapshot of all disks of a server now; their names."""
        return copies.begin(self.door, self.declared, server)

    def restore(self, snapshot: str, server: str) -> str:
        """A new disk made of a snapshot, in the server's zone: zone/name."""
        return copies.restored(self.door, self.declared, snapshot, server)

    def attach(self, disk: str, server: str) -> str:
        """Attach a disk that we made; the path by which the server sees it."""
        return copies.attached(self.door, self.declared, disk, server)

    def discard(self, disk: str, server: str) -> None:
        """Detach and delete a disk that we made of a snapshot; refuses any other."""
        copies.discarded(self.door, self.declared, disk, server)
