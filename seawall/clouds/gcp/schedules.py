"""Copies of disks, made by Google itself on schedule: they go on when everything of ours is dead.

A snapshot schedule is a resource policy of a region, put on each disk of each declared instance. It
keeps copies for so many days, also when the disk is deleted. Google takes one schedule a disk: a
disk that somebody gave another one keeps that.
"""

import math
from collections.abc import Iterator
from functools import partial

from seawall.clouds.gcp.declared import Declared
from seawall.clouds.gcp.door import Door
from seawall.clouds.gcp.machines import disks
from seawall.clouds.gcp.thing import Body, Thing, foreign
from seawall.kit.cloud import Snapshots

DAY = 86400
INSERT = "compute.resourcePolicies.insert"
PATCH = "compute.resourcePolicies.patch"


def body(declared: Declared, wanted: Snapshots) -> Body:
    """The policy as Google wants it."""
    made: Body = {"labels": declared.labels, "guestFlush": False}
    if wanted.copy_to:
        made["storageLocations"] = [wanted.copy_to]
    return {
        "name": declared.named("snapshots"),
        "description": declared.description,
        "snapshotSchedulePolicy": {
            "schedule": cycle(wanted),
            "retentionPolicy": {
                "maxRetentionDays": days(wanted),
                "onSourceDiskDelete": "KEEP_AUTO_SNAPSHOTS",
            },
            "snapshotProperties": made,
        },
    }


def cycle(wanted: Snapshots) -> Body:
    """How often, in Google's words; it begins at whole hours, so minutes are cut off."""
    start = f"{wanted.at[:2]}:00"
    if wanted.every == "1d":
        return {"dailySchedule": {"daysInCycle": 1, "startTime": start}}
    if wanted.every == "1w":
        return {"weeklySchedule": {"dayOfWeeks": [{"day": "SUNDAY", "startTime": start}]}}
    return {"hourlySchedule": {"hoursInCycle": wanted.seconds // 3600, "startTime": start}}


def days(wanted: Snapshots) -> int:
    """Days that copies stay: Google counts days, so never fewer copies than declared."""
    return max(1, math.ceil(wanted.keep * wanted.seconds / DAY))


def policies(door: Door) -> dict[str, Body]:
    """Every snapshot schedule there is, by its link."""
    found = door.listed("compute.resourcePolicies.aggregatedList", project=door.project)
    return {each["selfLink"]: each for each in found if "snapshotSchedulePolicy" in each}


def things(door: Door, declared: Declared) -> Iterator[Thing]:
    """The schedule of each region, then each disk that should have it."""
    if declared.snapshots is None:
        return
    for region in sorted({each.region for each in declared.machines}):
        yield _policy(door, declared, region)
    for machine in declared.machines:
        for disk in disks(door, machine):
            yield _on_disk(door, declared, disk)


def _policy(door: Door, declared: Declared, region: str) -> Thing:
    assert declared.snapshots is not None
    wanted = body(declared, declared.snapshots)
    where = {"project": door.project, "region": region}
    name = wanted["name"]

    def change(found: Body, wanted: Body) -> None:
        sent = {"snapshotSchedulePolicy": wanted["snapshotSchedulePolicy"]}
        door.done(door.call(PATCH, **where, resourcePolicy=name, body=sent))

    return Thing(
        "snapshots",
        f"snapshot schedule {name} in {region}",
        partial(_found, door, declared, (region, name)),
        lambda: wanted,
        lambda made: door.done(door.call(INSERT, **where, body=made)),
        change,
    )


def _found(door: Door, declared: Declared, at: tuple[str, str]) -> Body | None:
    end = f"/regions/{at[0]}/resourcePolicies/{at[1]}"
    found = next((each for link, each in policies(door).items() if link.endswith(end)), None)
    if found and found.get("description") != declared.description:
        raise foreign(f"the snapshot schedule {at[1]}", f"description {declared.description}")
    return found


def _on_disk(door: Door, declared: Declared, disk: Body) -> Thing:
    zone, name = disk["zone"].rpartition("/")[2], declared.named("snapshots")
    region = zone.rpartition("-")[0]
    where = {"project": door.project, "zone": zone, "disk": disk["name"]}
    link = f"projects/{door.project}/regions/{region}/resourcePolicies/{name}"

    def find() -> Body | None:
        """Any schedule will do: one that somebody else gave it stays."""
        known = policies(door)
        now = door.call("compute.disks.get", **where)
        return next(
            (known[each] for each in now.get("resourcePolicies", ()) if each in known), None
        )

    def create(wanted: Body) -> None:
        method = "compute.disks.addResourcePolicies"
        door.done(door.call(method, **where, body={"resourcePolicies": [link]}))

    what = f"snapshot schedule on disk {disk['name']}"
    return Thing(
        "snapshots", what, find, lambda: {"schedule": name}, create, _nothing, lambda _: {}
    )


def _nothing(found: Body, wanted: Body) -> None:
    """A disk that has a schedule keeps it."""
