"""The least that Google must allow us: one custom role, no more than what is declared needs.

Permissions on the billing account are given there, by a role of Google's own: a project's role
cannot hold them.
"""

from collections.abc import Iterator
from itertools import chain, repeat
from typing import Any

from seawall.clouds.gcp.declared import Declared
from seawall.clouds.gcp.door import Door

LOOK = (
    "cloudasset.assets.searchAllIamPolicies",
    "cloudsql.instances.list",
    "compute.addresses.list",
    "compute.disks.list",
    "compute.firewalls.list",
    "compute.images.list",
    "compute.instances.list",
    "compute.resourcePolicies.list",
    "compute.snapshots.list",
    "iam.serviceAccountKeys.list",
    "iam.serviceAccounts.list",
    "monitoring.alertPolicies.list",
    "monitoring.notificationChannels.list",
    "monitoring.uptimeCheckConfigs.list",
    "resourcemanager.projects.get",
    "resourcemanager.projects.getIamPolicy",
    "storage.buckets.getIamPolicy",
    "storage.buckets.list",
)
"""What `seawall check` reads."""
SNAPSHOTS = (
    "compute.disks.addResourcePolicies",
    "compute.disks.create",
    "compute.disks.createSnapshot",
    "compute.disks.delete",
    "compute.disks.get",
    "compute.disks.setLabels",
    "compute.disks.use",
    "compute.disks.useReadOnly",
    "compute.instances.attachDisk",
    "compute.instances.detachDisk",
    "compute.regionOperations.get",
    "compute.globalOperations.get",
    "compute.resourcePolicies.create",
    "compute.resourcePolicies.update",
    "compute.resourcePolicies.use",
    "compute.snapshots.create",
    "compute.snapshots.get",
    "compute.snapshots.setLabels",
    "compute.snapshots.useReadOnly",
    "compute.zoneOperations.get",
)
"""What schedules and `seawall snapshots` need; no permission to delete a snapshot is among them."""
ALARMS = (
    "monitoring.alertPolicies.create",
    "monitoring.alertPolicies.update",
    "monitoring.notificationChannels.create",
    "monitoring.notificationChannels.update",
    "monitoring.uptimeCheckConfigs.create",
    "monitoring.uptimeCheckConfigs.update",
)
BUCKET = (
    "iam.serviceAccounts.create",
    "storage.buckets.create",
    "storage.buckets.get",
    "storage.buckets.setIamPolicy",
    "storage.buckets.update",
)
BILLING = "roles/billing.costsManager"
"""On the billing account, for a budget."""
AT_ONCE = 100
"""Permissions in one question."""


def role(declared: Declared) -> dict[str, Any]:
    """The custom role, as `gcloud iam roles create seawall --file` takes it."""
    more = ""
    if declared.alarms and declared.alarms.monthly:
        more = f"; besides, {BILLING} on the billing account, for the budget"
    return {
        "title": f"Seawall for {declared.wanted.project}",
        "description": f"What seawall check and seawall apply need{more}",
        "stage": "GA",
        "includedPermissions": sorted(permissions(declared)),
    }


def permissions(declared: Declared) -> Iterator[str]:
    """Those that are needed for what is declared."""
    yield from LOOK
    wanted = ((declared.snapshots, SNAPSHOTS), (declared.alarms, ALARMS), (declared.bucket, BUCKET))
    for setting, needed in wanted:
        if setting:
            yield from needed


def missing(door: Door, declared: Declared) -> tuple[str, ...]:
    """Those of them that the login does not have."""
    needed = sorted(permissions(declared))
    parts = [needed[start : start + AT_ONCE] for start in range(0, len(needed), AT_ONCE)]
    had = set(chain.from_iterable(map(_had, repeat(door), parts)))
    return tuple(each for each in needed if each not in had)


def _had(door: Door, asked: list[str]) -> list[str]:
    method = "cloudresourcemanager.projects.testIamPermissions"
    told = door.call(method, resource=f"projects/{door.project}", body={"permissions": asked})
    return list(told.get("permissions", ()))
