"""What Google tells of databases, buckets, keys, alarms and money, in every cloud's words."""

import re
from collections.abc import Iterator

from seawall.clouds.gcp import alarms, budgets, monitoring, schedules
from seawall.clouds.gcp.declared import Declared
from seawall.clouds.gcp.door import Door
from seawall.clouds.gcp.machines import instances, last, place
from seawall.clouds.gcp.refusals import SwitchedOff
from seawall.clouds.gcp.seen import epoch, instance_id
from seawall.clouds.gcp.thing import Body
from seawall.errors import SeawallError
from seawall.kit.cloud import (
    AccessKey,
    Alarm,
    Bucket,
    Login,
    ManagedDatabase,
    Schedule,
    Spending,
)
from seawall.kit.cloud.contract import TAG

PUBLIC = {"allUsers", "allAuthenticatedUsers"}
ALMIGHTY = {"roles/owner", "roles/editor"}


def databases(door: Door) -> tuple[ManagedDatabase, ...]:
    """Cloud SQL; none where that API was never switched on."""
    try:
        found = door.listed("sql.instances.list", project=door.project)
    except SwitchedOff:
        return ()
    return tuple(map(_database, found))


def _database(one: Body) -> ManagedDatabase:
    settings = one.get("settings", {})
    address, copies = settings.get("ipConfiguration", {}), settings.get("backupConfiguration", {})
    kept = int(copies.get("backupRetentionSettings", {}).get("retainedBackups", 7))
    return ManagedDatabase(
        id=one["name"],
        region=one.get("region", ""),
        public=bool(address.get("ipv4Enabled") and address.get("authorizedNetworks")),
        backup_days=kept if copies.get("enabled") else 0,
        protected=bool(settings.get("deletionProtectionEnabled")),
    )


def buckets(door: Door, declared: Declared) -> tuple[Bucket, ...]:
    """Every bucket of the project, and who may read it."""
    found = door.listed("storage.buckets.list", project=door.project)
    asks = [lambda e=each: _bucket(door, declared, e) for each in found]
    return tuple(_or_raise(each) for each in door.beside(*asks))


def _or_raise(found: Bucket | SeawallError) -> Bucket:
    if isinstance(found, SeawallError):
        raise found
    return found


def _bucket(door: Door, declared: Declared, one: Body) -> Bucket:
    policy = door.call("storage.buckets.getIamPolicy", bucket=one["name"])
    open_to = [
        f"{member} has {binding['role']}"
        for binding in policy.get("bindings", ())
        for member in sorted(PUBLIC & set(binding.get("members", ())))
    ]
    return Bucket(
        name=one["name"],
        public=bool(open_to),
        why=", ".join(open_to),
        blocked=one.get("iamConfiguration", {}).get("publicAccessPrevention") == "enforced",
        ours=one.get("labels", {}).get(TAG) == declared.label,
    )


def keys(door: Door) -> tuple[AccessKey, ...]:
    """Keys of service accounts that somebody made and took away as a file."""
    asks = [lambda a=each: _keys(door, a) for each in _accounts(door)]
    found: list[AccessKey] = []
    for each in door.beside(*asks):
        if isinstance(each, SeawallError):
            raise each
        found += each
    return tuple(found)


def _accounts(door: Door) -> list[Body]:
    parent = f"projects/{door.project}"
    return door.listed("iam.projects.serviceAccounts.list", "accounts", name=parent)


def _keys(door: Door, account: Body) -> list[AccessKey]:
    method = "iam.projects.serviceAccounts.keys.list"
    told = door.call(method, name=account["name"], keyTypes=["USER_MANAGED"])
    return [
        AccessKey(last(each["name"]), account["email"], epoch(each.get("validAfterTime", "")))
        for each in told.get("keys", ())
        if not each.get("disabled")
    ]


def logins(door: Door) -> tuple[Login, ...]:
    """Service accounts that may do everything, and how many keys open them. Google does not tell
    a project whether its people log in with a second factor."""
    method = "cloudresourcemanager.projects.getIamPolicy"
    policy = door.call(method, resource=f"projects/{door.project}", body={})
    mighty = {
        member.partition(":")[2]
        for binding in policy.get("bindings", ())
        if binding["role"] in ALMIGHTY
        for member in binding.get("members", ())
    }
    had = [each.owner for each in keys(door)]
    return tuple(Login(each, root=True, keys=had.count(each)) for each in sorted(mighty))


def spending(door: Door) -> tuple[Spending, ...]:
    """Budgets of the account that pays."""
    paying = budgets.account(door)
    found = budgets.listed(door, paying) if paying else []
    return tuple(Spending(str(each.get("displayName") or each["name"])) for each in found)


def planned(door: Door, declared: Declared) -> tuple[Schedule, ...]:
    """Schedules of snapshots."""
    return tuple(_schedule(each, declared) for each in schedules.policies(door).values())


def _schedule(one: Body, declared: Declared) -> Schedule:
    status = one.get("status", "READY")
    trouble = "" if status in ("READY", "CREATING") else f"Google says {status}"
    ours = one.get("description") == declared.description
    return Schedule(one["name"], place(one), ours, not trouble, trouble)


def warnings(door: Door) -> tuple[Alarm, ...]:
    """Alarms, one for each instance that they are about; none where Monitoring is off."""
    try:
        told = {kind: monitoring.listed(door, kind) for kind in monitoring.WORDS}
    except SwitchedOff:
        return ()
    who = {each["name"]: each for each in told["notificationChannels"]}
    named = {str(each["id"]): instance_id(each["selfLink"]) for each in instances(door)}
    asked = [each for each in told["uptimeCheckConfigs"] if not each.get("disabled")]
    about = {last(each["name"]): _asked(each) for each in asked}
    found = (_alarms(each, (who, named, about)) for each in told["alertPolicies"])
    return tuple(alarm for each in found for alarm in each)


Known = tuple[dict[str, Body], dict[str, str], dict[str, str]]


def _asked(check: Body) -> str:
    """The number of the instance that an uptime check asks; "" for a page."""
    return str(check.get("monitoredResource", {}).get("labels", {}).get("instance_id", ""))


def _alarms(policy: Body, known: Known) -> Iterator[Alarm]:
    who, named, about = known
    if policy.get("enabled") is False:
        return
    tells = tuple(
        who[name].get("displayName", name)
        for name in policy.get("notificationChannels", ())
        if name in who
        and who[name].get("enabled", True)
        and who[name].get("verificationStatus") != "UNVERIFIED"
    )
    for condition in policy.get("conditions", ()):
        text = str(condition)
        numbers = re.findall(r'instance_id = ?"(\d+)"', text)
        numbers += [about.get(each, "") for each in re.findall(r'check_id = ?"([^"]+)"', text)]
        for number in numbers:
            yield Alarm(policy["displayName"], "global", named.get(number, ""), _kind(text), tells)


def _kind(text: str) -> str:
    """What a condition watches, by its metric."""
    kinds = {alarms.RUNS: "dead", alarms.UPTIME: "dead", alarms.CPU: "cpu", alarms.DISK: "disk"}
    return next((kind for metric, kind in kinds.items() if metric in text), "")
