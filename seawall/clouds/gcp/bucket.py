"""The bucket for backups, made right: private whatever anybody shares, and patient.

Nobody can make it public, access is by roles only, and what is deleted or replaced can be had back
for the declared days, even by somebody whose key was stolen. Its servers' key adds and reads, and
can neither delete nor replace; another key, kept elsewhere, does away with what is too old.

Why no retention policy: it would also hold the small lock files that restic takes away after each
run, and no copy could be made for days. Versions and soft deletion keep the same, and block nobody.
"""

from collections.abc import Iterator

from seawall.clouds.gcp.declared import Declared
from seawall.clouds.gcp.door import Door
from seawall.clouds.gcp.refusals import Absent, Missing
from seawall.clouds.gcp.thing import Body, Thing, foreign
from seawall.errors import SeawallError
from seawall.kit.cloud import BucketSettings, Foreign
from seawall.kit.cloud.contract import TAG

DAY = 86400
SOFT = (7, 90)
"""Days between which Google keeps what was deleted."""
CREATE = "iam.projects.serviceAccounts.create"
ROLES = {
    "writer": ("roles/storage.objectCreator", "roles/storage.objectViewer"),
    "keeper": ("roles/storage.objectUser",),
}
"""What each key's account may do in the bucket, and nowhere else."""


def body(declared: Declared, bucket: BucketSettings) -> Body:
    """The bucket as Google wants it."""
    days = min(max(bucket.lock, SOFT[0]), SOFT[1])
    old = {"daysSinceNoncurrentTime": bucket.old_versions, "isLive": False}
    return {
        "name": bucket.name,
        "location": _region(declared, bucket).upper(),
        "labels": declared.labels,
        "iamConfiguration": {
            "publicAccessPrevention": "enforced",
            "uniformBucketLevelAccess": {"enabled": True},
        },
        "versioning": {"enabled": True},
        "softDeletePolicy": {"retentionDurationSeconds": str(days * DAY)},
        "lifecycle": {"rule": [{"action": {"type": "Delete"}, "condition": old}]},
    }


def _region(declared: Declared, bucket: BucketSettings) -> str:
    """Where it is; of nothing declared, Google's own EU multi-region."""
    near = next((each.region for each in declared.machines), "eu")
    return bucket.region or declared.settings.region or near


def things(door: Door, declared: Declared) -> Iterator[Thing]:
    """The bucket, the accounts of its two keys, and what they may do."""
    bucket = declared.bucket
    if bucket is None:
        return
    yield _bucket(door, declared, bucket)
    for role in ROLES:
        yield _account(door, declared, role)
    yield _access(door, declared, bucket.name)


def _bucket(door: Door, declared: Declared, bucket: BucketSettings) -> Thing:
    def find() -> Body | None:
        found = seen(door, bucket.name)
        if found and found.get("labels", {}).get(TAG) != declared.label:
            raise foreign(f"the bucket {bucket.name}", f"label {TAG}={declared.label}")
        wanted = body(declared, bucket)["location"]
        if found and found["location"] != wanted:
            raise SeawallError(
                f"gcp: the bucket {bucket.name} is in {found['location']}, not in {wanted}",
                "a bucket cannot be moved: say where it is in cloud.gcp.bucket.region",
            )
        return found

    def change(found: Body, wanted: Body) -> None:
        sent = {key: value for key, value in wanted.items() if key not in ("name", "location")}
        door.call("storage.buckets.patch", bucket=bucket.name, body=sent)

    return Thing(
        "bucket",
        f"bucket {bucket.name}",
        find,
        lambda: body(declared, bucket),
        lambda made: door.call("storage.buckets.insert", project=door.project, body=made),
        change,
        note=_note(bucket),
    )


def _note(bucket: BucketSettings) -> str:
    if not bucket.lock:
        return ""
    days = min(max(bucket.lock, SOFT[0]), SOFT[1])
    return f"Google keeps what is deleted for {days} days; whoever owns the bucket can change that"


def seen(door: Door, name: str) -> Body | None:
    """The bucket, or None; Foreign when it is of another account."""
    try:
        return dict(door.call("storage.buckets.get", bucket=name))
    except Absent:
        return None
    except Missing as error:
        raise Foreign(
            f"gcp: the bucket {name} may not be looked at: it may be of another account",
            f"names of buckets are the whole world's: take another; or {error.hint}",
        ) from error


def email(declared: Declared, role: str) -> str:
    """The account behind a key: seawall-acme-writer@…; Google takes 30 characters at most."""
    return f"{account_id(declared, role)}@{declared.project}.iam.gserviceaccount.com"


def account_id(declared: Declared, role: str) -> str:
    """Its first half."""
    room = 30 - len(f"{TAG}--{role}")
    return f"{TAG}-{declared.label[:room].rstrip('-')}-{role}"


def _account(door: Door, declared: Declared, role: str) -> Thing:
    parent = f"projects/{door.project}"

    def find() -> Body | None:
        known = door.listed("iam.projects.serviceAccounts.list", "accounts", name=parent)
        found = next((a for a in known if a["email"] == email(declared, role)), None)
        if found and found.get("description") != declared.description:
            what = f"the service account {found['email']}"
            raise foreign(what, f"description {declared.description}")
        return found

    def create(wanted: Body) -> None:
        sent = {"accountId": account_id(declared, role), "serviceAccount": wanted}
        door.call(CREATE, name=parent, body=sent)

    told = {"displayName": f"Seawall backups: {role}", "description": declared.description}
    what = f"service account {account_id(declared, role)}"
    return Thing("bucket", what, find, lambda: told, create, _nothing, lambda _: {})


def _nothing(found: Body, wanted: Body) -> None:
    """An account of ours stays, however it is called."""


def _access(door: Door, declared: Declared, name: str) -> Thing:
    wanted = {"access": sorted(f"{who} {role}" for role, who in wanted_access(declared))}

    def find() -> Body | None:
        if seen(door, name) is None:
            return None
        policy = door.call("storage.buckets.getIamPolicy", bucket=name)
        had = granted(policy) & set(wanted_access(declared))
        return {"access": sorted(f"{who} {role}" for role, who in had)} if had else None

    return Thing(
        "bucket",
        f"access to bucket {name}",
        find,
        lambda: wanted,
        lambda _: _grant(door, declared, name),
        lambda *_: _grant(door, declared, name),
    )


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
