"""Copies of disks, made by Google itself on schedule: they go on when everything of ours is dead.

A snapshot schedule is a resource policy of a region, put on each disk of each declared instance. It
keeps copies for so many days, also when the disk is deleted. Google takes one schedule a disk: a
disk that somebody gave another one keeps that, and it is said.
"""

import math
from collections.abc import Iterator
from typing import Any

from seawall.clouds.gcp.change import Change, diff, differs
from seawall.clouds.gcp.declared import MARK, Declared, Schedule
from seawall.clouds.gcp.door import Door
from seawall.errors import ConfigError, SeawallError

HOUR, DAY = 3600, 86400


def body(declared: Declared, schedule: Schedule) -> dict[str, Any]:
    """The policy as Google wants it."""
    made: dict[str, Any] = {"labels": declared.labels, "guestFlush": False}
    if schedule.location:
        made["storageLocations"] = [schedule.location]
    return {
        "name": declared.named("snapshots"),
        "description": declared.description,
        "snapshotSchedulePolicy": {
            "schedule": cycle(schedule),
            "retentionPolicy": {
                "maxRetentionDays": days(schedule),
                "onSourceDiskDelete": "KEEP_AUTO_SNAPSHOTS",
            },
            "snapshotProperties": made,
        },
    }


def cycle(schedule: Schedule) -> dict[str, Any]:
    """How often, in Google's words: every so many hours, daily, or weekly; else ConfigError."""
    start = f"{schedule.at:02}:00"
    hours, rest = divmod(schedule.every, HOUR)
    if schedule.every == DAY:
        return {"dailySchedule": {"daysInCycle": 1, "startTime": start}}
    if schedule.every == 7 * DAY:
        return {"weeklySchedule": {"dayOfWeeks": [{"day": "SUNDAY", "startTime": start}]}}
    if rest or not 1 <= hours <= 23:
        raise ConfigError(
            f"snapshots.every: Google copies every 1 to 23 hours, daily or weekly, got {hours} h",
            "such as every: 6h, or every: 1d",
        )
    return {"hourlySchedule": {"hoursInCycle": hours, "startTime": start}}


def days(schedule: Schedule) -> int:
    """Days that copies stay: Google counts days, so never fewer copies than declared."""
    return max(1, math.ceil(schedule.keep * schedule.every / DAY))


def policies(door: Door) -> dict[str, dict[str, Any]]:
    """Every snapshot schedule there is, by its link."""
    found = door.pages("compute.resourcePolicies.aggregatedList", project=door.project)
    return {each["selfLink"]: each for each in found if "snapshotSchedulePolicy" in each}


def changes(door: Door, declared: Declared, disks: list[dict[str, Any]]) -> Iterator[Change]:
    """What is missing of the schedules; `disks` are those of the declared instances."""
    if declared.schedule is None:
        return
    there = policies(door)
    wanted = body(declared, declared.schedule)
    for region in sorted({each.region for each in declared.instances}):
        yield from _policy(door, declared, wanted, (region, there))
    for disk in disks:
        yield from _on_disk(door, declared, disk, there)


def foreign(disks: list[dict[str, Any]], declared: Declared, door: Door) -> Iterator[str]:
    """A sentence for each disk that somebody gave another schedule: it keeps that."""
    there = policies(door)
    for disk in disks:
        for link in disk.get("resourcePolicies", ()):
            if link in there and there[link].get("description") != declared.description:
                yield f"{disk['name']} keeps the schedule {there[link]['name']}, which is not ours"


def _policy(
    door: Door, declared: Declared, wanted: dict[str, Any], at: tuple[str, dict[str, Any]]
) -> Iterator[Change]:
    region, there = at
    where = {"project": door.project, "region": region}
    name = wanted["name"]
    found = next(
        (p for link, p in there.items() if link.endswith(f"/{region}/resourcePolicies/{name}")),
        None,
    )
    if found is None:
        insert = "compute.resourcePolicies.insert"
        yield Change(
            "+",
            f"schedule {name} in {region}",
            diff(wanted),
            lambda: door.done(door.call(insert, **where, body=wanted)),
        )
    elif found.get("description") != declared.description:
        raise not_ours(f"the snapshot schedule {name} in {region}")
    elif differs(wanted, found):
        sent = {"snapshotSchedulePolicy": wanted["snapshotSchedulePolicy"]}
        patch = "compute.resourcePolicies.patch"
        yield Change(
            "~",
            f"schedule {name} in {region}",
            diff(wanted, found),
            lambda: door.done(door.call(patch, **where, resourcePolicy=name, body=sent)),
        )


def not_ours(what: str) -> SeawallError:
    """A name of ours that somebody else uses."""
    return SeawallError(
        f"gcp: {what} has a name of ours, and is not marked as ours; it was left alone",
        f"rename or delete it, or mark it: its description or label {MARK} names the project",
    )


def _on_disk(
    door: Door, declared: Declared, disk: dict[str, Any], there: dict[str, Any]
) -> Iterator[Change]:
    if any(link in there for link in disk.get("resourcePolicies", ())):
        return
    zone = disk["zone"].rpartition("/")[2]
    region, name = zone.rpartition("-")[0], declared.named("snapshots")
    link = f"projects/{door.project}/regions/{region}/resourcePolicies/{name}"
    where = {"project": door.project, "zone": zone, "disk": disk["name"]}

    def make() -> None:
        method = "compute.disks.addResourcePolicies"
        door.done(door.call(method, **where, body={"resourcePolicies": [link]}))

    yield Change("+", f"schedule on disk {disk['name']}", diff({"resourcePolicies": [name]}), make)
