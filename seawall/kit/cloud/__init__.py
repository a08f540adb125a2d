"""What the clouds have in common: what is declared of an account, what is seen in it, and what can
be made true there. Knows no provider and imports no SDK.
"""

from seawall.kit.cloud.contract import Cloud, Drift, Foreign, MissingPermission, Resource, Wanted
from seawall.kit.cloud.seen import (
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
from seawall.kit.cloud.settings import Alarms, Aws, BucketSettings, Gcp, Placed, Snapshots

__all__ = [
    "AccessKey",
    "Account",
    "Address",
    "Alarm",
    "Alarms",
    "Aws",
    "Bucket",
    "BucketSettings",
    "Cloud",
    "Disk",
    "Drift",
    "Foreign",
    "Gcp",
    "Image",
    "Instance",
    "Login",
    "ManagedDatabase",
    "MissingPermission",
    "Opening",
    "Placed",
    "Resource",
    "Schedule",
    "Snapshot",
    "Snapshots",
    "Spending",
    "Wanted",
]
