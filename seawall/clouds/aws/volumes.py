"""Disks and their snapshots, one by one: made now, brought back beside what is there, discarded.

Nothing here deletes a snapshot. A disk is deleted only when it bears our tag and was made for a
proof.
"""

import time
from typing import Any

from seawall.clouds.aws.looking import snapshot as seen
from seawall.clouds.aws.owned import tagged, tags
from seawall.clouds.aws.schedule import instance
from seawall.clouds.aws.session import Session
from seawall.errors import SeawallError
from seawall.kit.cloud import Snapshot

PROOF = "seawall:proof"
"""The tag of disks that are made for a proof."""
PATIENCE = 300.0
"""Seconds that a disk may take to appear, to be attached or to be let go."""
DEVICES = [f"/dev/sd{letter}" for letter in "fghijklmnop"]
"""What Amazon recommends for disks beside the first (EC2 user guide, device names)."""

XEN = ("t1.", "t2.", "m1.", "m2.", "m3.", "m4.", "c1.", "c3.", "c4.", "r3.", "r4.", "i2.", "i3.")
"""Instances before Nitro: they see disks under the name that they were attached by."""


def _region(session: Session, server: str) -> str:
    return session.wanted.servers[server].region or ""


def disks(session: Session, server: str) -> tuple[str, ...]:
    """The disks of a server."""
    mappings = instance(session, server).get("BlockDeviceMappings", ())
    return tuple(each["Ebs"]["VolumeId"] for each in mappings)


def snapshots(session: Session) -> tuple[Snapshot, ...]:
    """Of the declared servers' disks, the newest first."""
    found: list[Snapshot] = []
    for server in session.wanted.servers:
        region, ids = _region(session, server), list(disks(session, server))
        what: dict[str, Any] = {"OwnerIds": ["self"], "PaginationConfig": {"PageSize": 1000}}
        what["Filters"] = [{"Name": "volume-id", "Values": ids}]
        for page in session.pages("ec2", "describe_snapshots", region, **what):
            found += [seen(session, region, each, False) for each in page["Snapshots"]]
    return tuple(sorted(found, key=lambda each: -each.at))


def snapshot(session: Session, server: str) -> tuple[str, ...]:
    """All disks of a server at one moment."""
    given = [{"ResourceType": "snapshot", "Tags": tags(session.wanted.project, Name=server)}]
    what = {
        "InstanceSpecification": {"InstanceId": session.wanted.servers[server].aws},
        "Description": f"{server}, by seawall snapshots now",
        "TagSpecifications": given,
    }
    made = session.ask("ec2", "create_snapshots", _region(session, server), **what)
    return tuple(each["SnapshotId"] for each in made["Snapshots"])


def restore(session: Session, snapshot: str, server: str) -> str:
    """A new disk of a snapshot, in the server's zone, encrypted."""
    region = _region(session, server)
    zone = instance(session, server)["Placement"]["AvailabilityZone"]
    given = tags(session.wanted.project, Name=f"{server} {snapshot}", **{PROOF: snapshot})
    what = {
        "SnapshotId": snapshot,
        "AvailabilityZone": zone,
        "VolumeType": "gp3",
        "Encrypted": True,
        "TagSpecifications": [{"ResourceType": "volume", "Tags": given}],
    }
    made = str(session.ask("ec2", "create_volume", region, **what)["VolumeId"])
    _until(session, region, made, "available")
    return made


def attach(session: Session, disk: str, server: str) -> str:
    """Attach a disk of ours; where a Debian or Ubuntu server finds it."""
    region, there = _region(session, server), instance(session, server)
    _ours(session, region, disk)
    used = {each["DeviceName"] for each in there.get("BlockDeviceMappings", ())}
    free = next(each for each in DEVICES if each not in used)
    what = {"VolumeId": disk, "InstanceId": there["InstanceId"], "Device": free}
    session.ask("ec2", "attach_volume", region, **what)
    _until(session, region, disk, "in-use")
    if str(there.get("InstanceType", "")).startswith(XEN):
        return free.replace("/dev/sd", "/dev/xvd")
    return f"/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_{disk.replace('-', '')}"


def discard(session: Session, disk: str, server: str) -> None:
    """Detach and delete a disk that was made for a proof; refuses any other."""
    region = _region(session, server)
    found = _ours(session, region, disk)
    for each in found.get("Attachments", ()):
        what = {"VolumeId": disk, "InstanceId": each["InstanceId"]}
        session.ask("ec2", "detach_volume", region, **what)
        _until(session, region, disk, "available")
    session.ask("ec2", "delete_volume", region, VolumeId=disk)


def _ours(session: Session, region: str, disk: str) -> dict[str, Any]:
    found = _volume(session, region, disk)
    marked = any(each["Key"] == PROOF for each in found.get("Tags", ()))
    if not (marked and tagged(found.get("Tags"), session.wanted.project)):
        raise SeawallError(f"aws: {disk} was not made for a proof", "nothing was changed")
    return found


def _volume(session: Session, region: str, disk: str) -> dict[str, Any]:
    found = session.ask("ec2", "describe_volumes", region, VolumeIds=[disk])
    return dict(found["Volumes"][0])


def _until(session: Session, region: str, disk: str, state: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while _volume(session, region, disk)["State"] != state:
        if time.monotonic() > deadline:
            problem = f"aws: {disk} is not {state} after {PATIENCE:.0f} s"
            raise SeawallError(
                problem, "look at it in the console; it bears our tag and may be deleted"
            )
        time.sleep(2)
