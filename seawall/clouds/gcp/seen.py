"""What Google tells, in the words that every cloud shares: machines, disks, copies, addresses."""

from datetime import datetime

from seawall.clouds.gcp.declared import Declared
from seawall.clouds.gcp.door import Door
from seawall.clouds.gcp.machines import all_disks, last, place
from seawall.clouds.gcp.machines import instances as all_instances
from seawall.clouds.gcp.thing import Body
from seawall.kit.cloud import Address, Disk, Image, Instance, Snapshot
from seawall.kit.cloud.contract import TAG

DOLLARS = {"pd-standard": 0.04, "pd-balanced": 0.10, "pd-ssd": 0.17, "pd-extreme": 0.125}
"""A gigabyte a month in us-central1. Source: https://cloud.google.com/compute/disks-image-pricing"""
ADDRESS_DOLLARS = 0.01 * 730
"""A reserved address that is not in use, a month. Source: https://cloud.google.com/vpc/pricing"""


def epoch(told: str) -> float:
    """Seconds since 1970; 0 for nothing."""
    return datetime.fromisoformat(told).timestamp() if told else 0.0


def instance_id(link: str) -> str:
    """A server as seawall.yml writes it: project/zone/instance."""
    parts = link.split("/")
    at = parts.index("projects")
    return f"{parts[at + 1]}/{parts[at + 3]}/{parts[-1]}"


def disk_id(disk: Body) -> str:
    """A disk: zone/name, or region/name."""
    return f"{place(disk)}/{disk['name']}"


def disk_of(link: str) -> str:
    """The same, of its link; "" for none."""
    parts = link.split("/")
    return f"{parts[-3]}/{parts[-1]}" if len(parts) > 3 else ""


def instances(door: Door) -> tuple[Instance, ...]:
    """Every instance of the project."""
    return tuple(map(_instance, all_instances(door)))


def _instance(one: Body) -> Instance:
    cards = one.get("networkInterfaces", [{}])
    public = [config.get("natIP", "") for card in cards for config in card.get("accessConfigs", ())]
    return Instance(
        id=instance_id(one["selfLink"]),
        name=one["name"],
        region=place(one),
        state=one.get("status", "").lower(),
        public=next(filter(None, public), ""),
        private=cards[0].get("networkIP", "") if cards else "",
        disks=tuple(disk_of(each["source"]) for each in one.get("disks", ()) if "source" in each),
    )


def disks(door: Door) -> tuple[Disk, ...]:
    """Every disk; Google encrypts all of them."""
    return tuple(map(_disk, all_disks(door)))


def _disk(one: Body) -> Disk:
    users, size = one.get("users", ()), int(one.get("sizeGb", 0))
    price = DOLLARS.get(last(one.get("type", "")), DOLLARS["pd-balanced"])
    owner = instance_id(users[0]) if users else ""
    return Disk(disk_id(one), place(one), owner, True, size, size * price)


def snapshots(
    door: Door, declared: Declared, public: frozenset[str] = frozenset()
) -> tuple[Snapshot, ...]:
    """Every snapshot of the project; `public` are the links of those that anybody may use."""
    found = door.listed("compute.snapshots.list", project=door.project)
    return tuple(_snapshot(each, declared, public) for each in found)


def _snapshot(one: Body, declared: Declared, public: frozenset[str]) -> Snapshot:
    return Snapshot(
        id=one["name"],
        region=",".join(one.get("storageLocations", ())) or "global",
        disk=disk_of(one.get("sourceDisk", "")),
        at=epoch(one.get("creationTimestamp", "")),
        complete=one.get("status") == "READY",
        gigabytes=int(one.get("diskSizeGb", 0)),
        public=_tail(one["selfLink"]) in public,
        ours=one.get("labels", {}).get(TAG) == declared.label,
    )


def images(door: Door, public: frozenset[str]) -> tuple[Image, ...]:
    """Every image that the project made."""
    found = door.listed("compute.images.list", project=door.project)
    return tuple(Image(e["name"], "global", _tail(e["selfLink"]) in public) for e in found)


def _tail(link: str) -> str:
    """The part of a link that all of Google's spellings share: projects/…"""
    return link[link.index("projects/") :]


def addresses(door: Door) -> tuple[Address, ...]:
    """Public addresses that somebody reserved."""
    found = door.listed("compute.addresses.aggregatedList", project=door.project)
    return tuple(
        Address(
            each["name"],
            place(each),
            each.get("address", ""),
            each.get("status") != "RESERVED",
            ADDRESS_DOLLARS,
        )
        for each in found
        if each.get("addressType", "EXTERNAL") == "EXTERNAL"
    )
