"""What is in the account: lists of everything that checks judge, read side by side.

A list that cannot be read is Unknown, with the permission that is missing; the others are read all
the same. Snapshots that are public are asked for in one call, not one by one.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import chain
from typing import Any

from seawall.clouds.aws import access, telling
from seawall.clouds.aws.owned import named, tagged
from seawall.clouds.aws.session import GLOBAL, PARALLEL, Session
from seawall.errors import SeawallError
from seawall.kit import Unknown
from seawall.kit.cloud import (
    AccessKey,
    Account,
    Address,
    Alarm,
    Bucket,
    Disk,
    Image,
    Instance,
    Login,
    ManagedDatabase,
    Opening,
    Schedule,
    Snapshot,
    Spending,
)

GIGABYTE = 0.08
"""Dollars a month for a gigabyte of gp3 (us-east-1, 2026)."""
ADDRESS = 3.6
"""Dollars a month for a public IPv4 address ($0.005 an hour, 2026)."""

Read = Callable[[Session, str], Iterable[Any]]


def account(session: Session) -> Account:
    """Everything, at once."""
    with ThreadPoolExecutor(PARALLEL) as pool:
        begun = {
            part: [pool.submit(_listed, read, session, region) for region in _where(session, part)]
            for part, read in PARTS.items()
        }
    parts = {part: _part(each) for part, each in begun.items()}
    return Account("aws", session.account, session.regions, parts, session.calls, time.time())


def _where(session: Session, part: type[Any]) -> tuple[str, ...]:
    return session.regions if part in REGIONAL else (GLOBAL,)


def _listed(read: Read, session: Session, region: str) -> list[Any]:
    return list(read(session, region))


def _part(answers: list[Future[list[Any]]]) -> tuple[Any, ...] | Unknown:
    try:
        return tuple(chain.from_iterable(each.result() for each in answers))
    except SeawallError as error:
        return Unknown(error.problem, error.hint)


def running(session: Session) -> tuple[Instance, ...]:
    """The machines of every region that is looked at."""
    found = (_instances(session, region) for region in session.regions)
    return tuple(each for each in chain.from_iterable(found) if each.state == "running")


def raw_instances(session: Session, region: str) -> Iterator[dict[str, Any]]:
    """Machines that were not terminated, in Amazon's words."""
    for page in session.pages("ec2", "describe_instances", region):
        for group in page["Reservations"]:
            yield from (e for e in group["Instances"] if e["State"]["Name"] != "terminated")


def _instances(session: Session, region: str) -> Iterator[Instance]:
    for each in raw_instances(session, region):
        metadata = each.get("MetadataOptions", {})
        attached = [disk["Ebs"]["VolumeId"] for disk in each.get("BlockDeviceMappings", ())]
        yield Instance(
            each["InstanceId"],
            named(each.get("Tags")),
            region,
            each["State"]["Name"],
            each.get("PublicIpAddress", ""),
            each.get("PrivateIpAddress", ""),
            tuple(attached),
            metadata.get("HttpEndpoint") != "disabled" and metadata.get("HttpTokens") != "required",
            ours=tagged(each.get("Tags"), session.wanted.project),
        )


def _disks(session: Session, region: str) -> Iterator[Disk]:
    for page in session.pages("ec2", "describe_volumes", region):
        for each in page["Volumes"]:
            used = next((one["InstanceId"] for one in each.get("Attachments", ())), "")
            size, closed = each["Size"], each.get("Encrypted", False)
            yield Disk(each["VolumeId"], region, used, closed, size, size * GIGABYTE)


MINE = {"OwnerIds": ["self"], "PaginationConfig": {"PageSize": 1000}}


def _snapshots(session: Session, region: str) -> Iterator[Snapshot]:
    public = {each["SnapshotId"] for each in _all(session, region, RestorableByUserIds=["all"])}
    for each in _all(session, region):
        yield snapshot(session, region, each, each["SnapshotId"] in public)


def _all(session: Session, region: str, **more: Any) -> Iterator[dict[str, Any]]:
    for page in session.pages("ec2", "describe_snapshots", region, **MINE, **more):
        yield from page["Snapshots"]


def snapshot(session: Session, region: str, each: dict[str, Any], public: bool) -> Snapshot:
    """One snapshot; a copy of another region's has no volume of its own (vol-ffffffff)."""
    return Snapshot(
        each["SnapshotId"],
        region,
        each.get("VolumeId", ""),
        each["StartTime"].timestamp(),
        each.get("State") == "completed",
        each.get("Encrypted", False),
        each.get("VolumeSize", 0),
        public,
        tagged(each.get("Tags"), session.wanted.project),
        each.get("VolumeId") == "vol-ffffffff",
    )


def _images(session: Session, region: str) -> Iterator[Image]:
    for page in session.pages("ec2", "describe_images", region, Owners=["self"]):
        yield from (Image(e["ImageId"], region, e.get("Public", False)) for e in page["Images"])


def _openings(session: Session, region: str) -> Iterator[Opening]:
    users: dict[str, list[str]] = {}
    for each in raw_instances(session, region):
        for group in each.get("SecurityGroups", ()):
            users.setdefault(group["GroupId"], []).append(each["InstanceId"])
    for page in session.pages("ec2", "describe_security_groups", region):
        for group in page["SecurityGroups"]:
            name = group["GroupId"]
            for rule in group.get("IpPermissions", ()):
                yield _opening(name, region, rule, tuple(users.get(name, ())))


def _opening(group: str, region: str, rule: dict[str, Any], instances: tuple[str, ...]) -> Opening:
    sources = [each["CidrIp"] for each in rule.get("IpRanges", ())]
    sources += [each["CidrIpv6"] for each in rule.get("Ipv6Ranges", ())]
    protocol = "all" if rule["IpProtocol"] == "-1" else rule["IpProtocol"]
    first, last = rule.get("FromPort", 0), rule.get("ToPort", 65535)
    return Opening(group, region, protocol, first, last, tuple(sources), instances)


def _databases(session: Session, region: str) -> Iterator[ManagedDatabase]:
    for page in session.pages("rds", "describe_db_instances", region):
        for each in page["DBInstances"]:
            yield ManagedDatabase(
                each["DBInstanceIdentifier"],
                region,
                each.get("PubliclyAccessible", False),
                each.get("BackupRetentionPeriod", 0),
                each.get("DeletionProtection", False),
                each.get("StorageEncrypted", False),
            )


def _addresses(session: Session, region: str) -> Iterator[Address]:
    for each in session.ask("ec2", "describe_addresses", region)["Addresses"]:
        attached = bool(each.get("AssociationId") or each.get("InstanceId"))
        name = each.get("AllocationId", each["PublicIp"])
        yield Address(name, region, each["PublicIp"], attached, ADDRESS)


PARTS: dict[type[Any], Read] = {
    Instance: _instances,
    Disk: _disks,
    Snapshot: _snapshots,
    Image: _images,
    Opening: _openings,
    ManagedDatabase: _databases,
    Address: _addresses,
    Alarm: telling.alarms,
    Schedule: telling.schedules,
    Spending: telling.spending,
    Bucket: access.buckets,
    Login: access.logins,
    AccessKey: access.keys,
}
REGIONAL = {
    *(Instance, Disk, Snapshot, Image, Opening, ManagedDatabase, Address, Alarm, Schedule),
}
