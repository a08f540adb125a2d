"""An account at Amazon Web Services, behind the contract of all clouds."""

from collections.abc import Iterator
from typing import Any

from seawall.clouds.aws import alarms, bucket, looking, policy, schedule, volumes
from seawall.clouds.aws.session import Session
from seawall.kit.cloud import Account, Cloud, Instance, Resource, Snapshot, Wanted


class Amazon:
    """One account."""

    name = "aws"

    def __init__(self, session: Session) -> None:
        self.session = session

    def missing(self) -> tuple[str, ...]:
        return policy.missing(self.session)

    def resources(self) -> Iterator[Resource]:
        settings = self.session.settings
        if settings.snapshots:
            yield from schedule.resources(self.session, settings.snapshots)
        if settings.alarms:
            yield from alarms.resources(self.session, settings.alarms)
        if settings.bucket:
            yield from bucket.resources(self.session, settings.bucket)

    def look(self) -> Account:
        return looking.account(self.session)

    def policy(self) -> dict[str, Any]:
        return policy.document(self.session.wanted, self.session.account)

    def instances(self) -> tuple[Instance, ...]:
        return looking.running(self.session)

    def snapshots(self) -> tuple[Snapshot, ...]:
        return volumes.snapshots(self.session)

    def snapshot(self, server: str) -> tuple[str, ...]:
        return volumes.snapshot(self.session, server)

    def restore(self, snapshot: str, server: str) -> str:
        return volumes.restore(self.session, snapshot, server)

    def attach(self, disk: str, server: str) -> str:
        return volumes.attach(self.session, disk, server)

    def discard(self, disk: str, server: str) -> None:
        volumes.discard(self.session, disk, server)


def opened(wanted: Wanted) -> Cloud:
    """The account that the credentials here belong to."""
    return Amazon(Session(wanted))
