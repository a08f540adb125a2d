"""Everything that checks judge, read side by side; what may not be read is Unknown, never fine."""

import time
from collections.abc import Callable
from typing import Any

from seawall.clouds.gcp import openings, others, seen
from seawall.clouds.gcp.declared import Declared
from seawall.clouds.gcp.door import Door
from seawall.clouds.gcp.refusals import Missing, SwitchedOff
from seawall.errors import SeawallError
from seawall.kit.check import Unknown
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

SEARCH = "cloudasset.searchAllIamPolicies"
OPEN = "policy:(allUsers OR allAuthenticatedUsers)"
SHARED = ("compute.googleapis.com/Snapshot", "compute.googleapis.com/Image")


def look(door: Door, declared: Declared) -> Account:
    """The whole account. A login that Google does not accept is an error, not an Unknown."""
    door.listed("compute.instances.aggregatedList", project=door.project)
    shared = door.beside(lambda: public(door))[0]
    kinds = _kinds(door, declared, shared)
    found = door.beside(*kinds.values())
    parts = {kind: _part(told) for kind, told in zip(kinds, found, strict=True)}
    places = {each.region for each in declared.machines}
    calls = len(door.calls)
    return Account("gcp", door.project, tuple(sorted(places)), parts, calls, time.time())


def _kinds(
    door: Door, declared: Declared, shared: frozenset[str] | SeawallError
) -> dict[type[Any], Callable[[], tuple[Any, ...]]]:
    return {
        Snapshot: lambda: seen.snapshots(door, declared, _or_raise(shared)),
        Image: lambda: seen.images(door, _or_raise(shared)),
        Instance: lambda: seen.instances(door),
        Disk: lambda: seen.disks(door),
        Address: lambda: seen.addresses(door),
        Opening: lambda: openings.openings(door),
        ManagedDatabase: lambda: others.databases(door),
        Bucket: lambda: others.buckets(door, declared),
        AccessKey: lambda: others.keys(door),
        Login: lambda: others.logins(door),
        Alarm: lambda: others.warnings(door),
        Spending: lambda: others.spending(door),
        Schedule: lambda: others.planned(door, declared),
    }


def _or_raise(found: frozenset[str] | SeawallError) -> frozenset[str]:
    if isinstance(found, SeawallError):
        raise found
    return found


def _part(told: Any) -> tuple[Any, ...] | Unknown:
    return Unknown(told.problem, told.hint) if isinstance(told, SeawallError) else tuple(told)


def public(door: Door) -> frozenset[str]:
    """Snapshots and images that anybody may use, as projects/…: one search over all policies, or
    where that may not be made, a question for each of them."""
    scope = f"projects/{door.project}"
    try:
        found = door.listed(SEARCH, "results", scope=scope, query=OPEN, assetTypes=list(SHARED))
    except (SwitchedOff, Missing):
        return _one_by_one(door)
    return frozenset(_tail(each["resource"]) for each in found)


def _one_by_one(door: Door) -> frozenset[str]:
    asks = [
        lambda k=kind, e=each: _is_public(door, k, e)
        for kind in ("snapshots", "images")
        for each in door.listed(f"compute.{kind}.list", project=door.project)
    ]
    told = door.beside(*asks)
    for failed in told:
        if isinstance(failed, SeawallError):
            raise failed
    return frozenset(filter(None, told))


def _is_public(door: Door, kind: str, thing: dict[str, Any]) -> str:
    method = f"compute.{kind}.getIamPolicy"
    policy = door.call(method, project=door.project, resource=thing["name"])
    members = {m for b in policy.get("bindings", ()) for m in b.get("members", ())}
    return _tail(thing["selfLink"]) if members & others.PUBLIC else ""


def _tail(link: str) -> str:
    return link[link.index("projects/") :]
