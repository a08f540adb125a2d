"""Snapshots made, listed and brought back. None is ever deleted here.

A restore makes a new disk beside the old one. Only a disk that was made so, and bears our label, is
attached or done away with again: never one that a server was living on.
"""

from datetime import UTC, datetime
from secrets import token_hex

from seawall.clouds.gcp import seen
from seawall.clouds.gcp.declared import Declared, Machine
from seawall.clouds.gcp.door import Door
from seawall.clouds.gcp.machines import disks, instance, place
from seawall.clouds.gcp.refusals import Absent
from seawall.clouds.gcp.thing import Body
from seawall.errors import ConfigError, SeawallError
from seawall.kit.cloud import Foreign, Snapshot
from seawall.kit.cloud.contract import TAG

MADE = "seawall-made-of"
"""The label of a disk that we made; its value is the snapshot's name."""


def listed(door: Door, declared: Declared) -> tuple[Snapshot, ...]:
    """Those of the declared servers' disks, the newest first."""
    mine = {seen.disk_id(disk) for each in declared.machines for disk in disks(door, each)}
    found = [each for each in seen.snapshots(door, declared) if each.disk in mine]
    return tuple(sorted(found, key=lambda each: each.at, reverse=True))


def begin(door: Door, declared: Declared, server: str) -> tuple[str, ...]:
    """Ask for a snapshot of each disk of a server; Google goes on by itself."""
    found = disks(door, declared.machine(server))
    return tuple(_begin(door, declared, disk) for disk in found)


def _begin(door: Door, declared: Declared, disk: Body) -> str:
    now = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    name = f"{TAG}-{disk['name'][:32].rstrip('-')}-{now}-{token_hex(2)}"
    body: Body = {"name": name, "sourceDisk": disk["selfLink"], "labels": declared.labels}
    if declared.snapshots and declared.snapshots.copy_to:
        body["storageLocations"] = [declared.snapshots.copy_to]
    door.call("compute.snapshots.insert", project=door.project, body=body)
    return name


def restored(door: Door, declared: Declared, snapshot: str, server: str) -> str:
    """Make a disk of a snapshot where a server could attach it, and wait for it."""
    machine = declared.machine(server)
    try:
        found = door.call("compute.snapshots.get", project=door.project, snapshot=snapshot)
    except Absent as error:
        raise ConfigError(
            f"gcp {door.project}: no snapshot is called {snapshot}", "seawall snapshots list"
        ) from error
    if found.get("status") != "READY":
        raise SeawallError(
            f"gcp {door.project}: the snapshot {snapshot} is not finished: {found.get('status')}",
            "wait, or take an older one: seawall snapshots list",
        )
    name = f"{TAG}-{snapshot.removeprefix(f'{TAG}-')[:45].rstrip('-')}-{token_hex(3)}"
    labels = {**declared.labels, MADE: snapshot[:63]}
    body = {"name": name, "sourceSnapshot": found["selfLink"], "labels": labels}
    where = {"project": door.project, "zone": machine.zone}
    door.done(door.call("compute.disks.insert", **where, body=body))
    return f"{machine.zone}/{name}"


def attached(door: Door, declared: Declared, disk: str, server: str) -> str:
    """Attach it under its own name, and wait until it is there."""
    machine, found = declared.machine(server), _made(door, declared, disk)
    body = {
        "source": found["selfLink"],
        "deviceName": found["name"],
        "autoDelete": False,
        "mode": "READ_WRITE",
    }
    door.done(door.call("compute.instances.attachDisk", **_at(door, machine), body=body))
    return f"/dev/disk/by-id/google-{found['name']}"


def discarded(door: Door, declared: Declared, disk: str, server: str) -> None:
    """Detach it where it is attached, and delete it; what is gone already is no error."""
    machine = declared.machine(server)
    try:
        found = _made(door, declared, disk)
    except Absent:
        return
    attached_as = [
        each["deviceName"]
        for each in instance(door, machine).get("disks", ())
        if each.get("source") == found["selfLink"]
    ]
    for name in attached_as:
        where = {**_at(door, machine), "deviceName": name}
        door.done(door.call("compute.instances.detachDisk", **where))
    where = {"project": door.project, "zone": place(found), "disk": found["name"]}
    door.done(door.call("compute.disks.delete", **where))


def _at(door: Door, machine: Machine) -> dict[str, str]:
    return {"project": door.project, "zone": machine.zone, "instance": machine.name}


def _made(door: Door, declared: Declared, disk: str) -> Body:
    """The disk, when it was made of a snapshot by us; Foreign when not."""
    zone, _, name = disk.partition("/")
    found: Body = door.call("compute.disks.get", project=door.project, zone=zone, disk=name)
    labels = found.get("labels", {})
    if labels.get(TAG) != declared.label or MADE not in labels or "sourceSnapshot" not in found:
        raise Foreign(
            f"gcp {door.project}: the disk {disk} was not made by Seawall; it stays as it is",
            "seawall snapshots restore makes a disk of a snapshot",
        )
    return found
