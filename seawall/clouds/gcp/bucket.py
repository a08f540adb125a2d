"""The bucket for backups, made right: private whatever anybody shares, and patient.

Nobody can make it public, access is by roles only, and what is deleted or replaced can be had back
for the declared days, even by somebody whose key was stolen. Its servers' key adds and reads, and
can neither delete nor replace; another key, kept elsewhere, does away with what is too old.

Why no retention policy: it would also hold the small lock files that restic takes away after each
run, and no copy could be made for days. Versions and soft deletion keep the same, and block nobody.
"""

from collections.abc import Iterator
from typing import Any

from seawall.clouds.gcp.change import Change, diff, differs
from seawall.clouds.gcp.declared import MARK, Bucket, Declared
from seawall.clouds.gcp.door import Door
from seawall.clouds.gcp.refusals import Absent, Missing
from seawall.errors import SeawallError

Body = dict[str, Any]
DAY = 86400
SOFT = (7, 90)
"""Days between which Google keeps what was deleted."""
ROLES = {
    "writer": ("roles/storage.objectCreator", "roles/storage.objectViewer"),
    "keeper": ("roles/storage.objectUser",),
}
"""What each key's account may do in the bucket, and nowhere else."""


def body(declared: Declared, bucket: Bucket) -> Body:
    """The bucket as Google wants it."""
    days = min(max(bucket.days, SOFT[0]), SOFT[1])
    old = {"daysSinceNoncurrentTime": bucket.days, "isLive": False}
    return {
        "name": bucket.name,
        "location": bucket.location.upper(),
        "labels": declared.labels,
        "iamConfiguration": {
            "publicAccessPrevention": "enforced",
            "uniformBucketLevelAccess": {"enabled": True},
        },
        "versioning": {"enabled": True},
        "softDeletePolicy": {"retentionDurationSeconds": str(days * DAY)},
        "lifecycle": {"rule": [{"action": {"type": "Delete"}, "condition": old}]},
    }


def changes(door: Door, declared: Declared) -> Iterator[Change]:
    """What is missing of the bucket and of who may use it."""
    if declared.bucket is None:
        return
    wanted, name = body(declared, declared.bucket), declared.bucket.name
    found = seen(door, name)
    if found is None:
        yield Change("+", f"bucket {name}", diff(wanted), lambda: _insert(door, wanted))
    elif found.get("labels", {}).get(MARK) != declared.label:
        raise SeawallError(
            f"gcp: the bucket {name} is there and not marked as ours; it was left alone",
            f"take another name, or label it: gcloud storage buckets update gs://{name} "
            f"--update-labels={MARK}={declared.label}",
        )
    else:
        kept = {key: value for key, value in wanted.items() if key not in ("name", "location")}
        if differs(kept, found):
            yield Change("~", f"bucket {name}", diff(kept, found), lambda: _patch(door, name, kept))
    yield from _accounts(door, declared)
    yield from _access(door, declared, name, there=found is not None)


def seen(door: Door, name: str) -> Body | None:
    """The bucket, or None; SeawallError when it is somebody else's."""
    try:
        return dict(door.call("storage.buckets.get", bucket=name, projection="noAcl"))
    except Absent:
        return None
    except Missing as error:
        raise SeawallError(
            f"gcp: the bucket {name} cannot be looked at: it may be of another account",
            f"names of buckets are the whole world's: take another; or {error.hint}",
        ) from error


def _insert(door: Door, wanted: Body) -> None:
    door.call("storage.buckets.insert", project=door.project, body=wanted)


def _patch(door: Door, name: str, wanted: Body) -> None:
    door.call("storage.buckets.patch", bucket=name, body=wanted)


def email(declared: Declared, role: str) -> str:
    """The account behind a key: seawall-acme-writer@…; Google takes 30 characters at most."""
    return f"{account_id(declared, role)}@{declared.project}.iam.gserviceaccount.com"


def account_id(declared: Declared, role: str) -> str:
    """Its first half."""
    room = 30 - len(f"{MARK}--{role}")
    return f"{MARK}-{declared.label[:room].rstrip('-')}-{role}"


def _accounts(door: Door, declared: Declared) -> Iterator[Change]:
    parent = f"projects/{door.project}"
    there = {
        a["email"]: a
        for a in door.pages("iam.projects.serviceAccounts.list", "accounts", name=parent)
    }
    for role in ROLES:
        found = there.get(email(declared, role))
        if found is None:
            yield Change(
                "+", f"account {account_id(declared, role)}", "", _creating(door, declared, role)
            )
        elif found.get("description") != declared.description:
            raise SeawallError(
                f"gcp: the service account {found['email']} has a name of ours, and is not ours",
                f"delete it, or describe it as {declared.description}",
            )


def _creating(door: Door, declared: Declared, role: str) -> Any:
    told = {"displayName": f"Seawall backups: {role}", "description": declared.description}
    sent = {"accountId": account_id(declared, role), "serviceAccount": told}
    method = "iam.projects.serviceAccounts.create"
    return lambda: door.call(method, name=f"projects/{door.project}", body=sent)


def _access(door: Door, declared: Declared, name: str, *, there: bool) -> Iterator[Change]:
    policy = door.call("storage.buckets.getIamPolicy", bucket=name) if there else {}
    missing = [pair for pair in wanted_access(declared) if pair not in granted(policy)]
    if missing:
        lines = "\n".join(f"+ {who} {role}" for role, who in missing)
        yield Change("+", f"access to {name}", lines, lambda: _grant(door, declared, name))


def wanted_access(declared: Declared) -> list[tuple[str, str]]:
    """Each role and who has it."""
    return [
        (role, f"serviceAccount:{email(declared, who)}")
        for who, roles in ROLES.items()
        for role in roles
    ]


def granted(policy: Body) -> set[tuple[str, str]]:
    """Who has which role, without a condition."""
    return {
        (binding["role"], member)
        for binding in policy.get("bindings", ())
        if "condition" not in binding
        for member in binding.get("members", ())
    }


def _grant(door: Door, declared: Declared, name: str) -> None:
    """Give what is missing, and take nothing away: the policy is sent with the mark it came with,
    so that what somebody else changes meanwhile is not lost."""
    policy = door.call("storage.buckets.getIamPolicy", bucket=name)
    had = granted(policy)
    bindings = list(policy.get("bindings", ()))
    bindings += [
        {"role": role, "members": [who]}
        for role, who in wanted_access(declared)
        if (role, who) not in had
    ]
    sent = {**policy, "bindings": bindings}
    door.call("storage.buckets.setIamPolicy", bucket=name, body=sent)
