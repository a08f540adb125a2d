"""What Google's reference says in words and its discovery documents do not: the rules we hold."""

import re
from collections.abc import Iterator

from googlecloud.account import Account, Refused, Resource

LABEL_KEY = r"[a-z][a-z0-9_-]{0,62}"
LABEL = r"[a-z0-9_-]{0,63}"
PUBLIC = {"allUsers", "allAuthenticatedUsers"}
LABELS_OF_CHANNELS = {"email": {"email_address"}, "slack": {"auth_token", "channel_name"}}


def labels(found: dict[str, str]) -> None:
    """Keys and values as compute and storage want them, 64 at most."""
    for key, value in found.items():
        if not (re.fullmatch(LABEL_KEY, key) and re.fullmatch(LABEL, value)):
            raise Refused(400, f"invalid label: {key}={value}")
    if len(found) > 64:
        raise Refused(400, "too many labels")


def snapshot_schedule(policy: Resource) -> None:
    """A schedule is daily on a whole hour, hourly or weekly; one storage location at most."""
    told = policy.get("snapshotSchedulePolicy")
    if told is None:
        raise Refused(501, "the stand-in knows resource policies of snapshots only")
    schedule = told.get("schedule", {})
    if len(schedule) != 1:
        raise Refused(400, "exactly one of hourly, daily and weekly schedule is to be given")
    daily, hourly = schedule.get("dailySchedule"), schedule.get("hourlySchedule")
    if daily is not None and daily.get("daysInCycle") != 1:
        raise Refused(400, "daysInCycle: only 1 is supported")
    if hourly is not None and not 1 <= hourly.get("hoursInCycle", 0) <= 23:
        raise Refused(400, "hoursInCycle: between 1 and 23")
    cycle = daily if daily is not None else hourly
    if cycle is not None and not re.fullmatch(r"([01]\d|2[0-3]):00", cycle.get("startTime", "")):
        raise Refused(400, "startTime: a whole hour in UTC, HH:00")
    _kept(told)


def _kept(told: Resource) -> None:
    keep = told.get("retentionPolicy", {})
    if "maxRetentionDays" in keep and not 1 <= keep["maxRetentionDays"] <= 65536:
        raise Refused(400, "maxRetentionDays: between 1 and 65536")
    made = told.get("snapshotProperties", {})
    labels(made.get("labels", {}))
    if len(made.get("storageLocations", [])) > 1:
        raise Refused(400, "storageLocations: one at most")


def uptime_check(check: Resource) -> None:
    """Exactly one protocol, a known period, a time-out that is shorter."""
    if check.get("period", "60s") not in ("60s", "300s", "600s", "900s"):
        raise Refused(400, "period: 60s, 300s, 600s or 900s")
    if ("httpCheck" in check) + ("tcpCheck" in check) != 1:
        raise Refused(400, "exactly one of httpCheck and tcpCheck")
    seconds = float(check.get("timeout", "0s").rstrip("s"))
    if not 1 <= seconds <= 60 or not check.get("displayName"):
        raise Refused(400, "timeout between 1 and 60 seconds, and a displayName")
    if not check.get("monitoredResource", {}).get("labels"):
        raise Refused(400, "monitoredResource with labels is needed")


def alert_policy(account: Account, policy: Resource) -> None:
    """Has conditions that name a metric and a resource, durations in minutes, known channels."""
    if not policy.get("conditions") or policy.get("combiner") in (None, "COMBINE_UNSPECIFIED"):
        raise Refused(400, "conditions and a combiner are needed")
    for condition in policy["conditions"]:
        for fault in _condition(condition):
            raise Refused(400, f"condition: {fault}")
    for channel in policy.get("notificationChannels", []):
        if f"monitoring/{channel}" not in account.things:
            raise Refused(400, f"no notification channel is called {channel}")


def _condition(condition: Resource) -> Iterator[str]:
    kinds = [key for key in condition if key.startswith("condition")]
    if len(kinds) != 1:
        yield "exactly one kind"
        return
    told = condition[kinds[0]]
    text = told.get("filter", "")
    if not re.search(r'metric\.type ?= ?"', text) or not re.search(r'resource\.type ?= ?"', text):
        yield f"a filter names metric.type and resource.type, got {text}"
    seconds = float(told.get("duration", "-1s").rstrip("s"))
    if seconds < 0 or seconds % 60:
        yield "duration: whole minutes"
    if kinds[0] == "conditionThreshold" and "comparison" not in told:
        yield "comparison is needed"
    if kinds[0] == "conditionAbsent" and seconds < 120:
        yield "duration of an absence: two minutes at least"


def channel(told: Resource) -> None:
    """Has a type, and the labels that this type needs."""
    wanted = LABELS_OF_CHANNELS.get(told.get("type", ""))
    if wanted is None:
        raise Refused(400, f"the stand-in knows no channel of type {told.get('type')}")
    if set(told.get("labels", {})) != wanted:
        raise Refused(400, f"labels of this type of channel: {', '.join(sorted(wanted))}")


def budget(account: Account, told: Resource) -> None:
    """Thresholds above nothing; five channels of e-mail at most."""
    if "amount" not in told or any(r["thresholdPercent"] <= 0 for r in told["thresholdRules"]):
        raise Refused(400, "an amount and thresholds above 0 are needed")
    channels = told.get("notificationsRule", {}).get("monitoringNotificationChannels", [])
    if len(channels) > 5:
        raise Refused(400, "five notification channels at most")
    for name in channels:
        if account.get(f"monitoring/{name}")["type"] != "email":
            raise Refused(400, "budgets tell channels of e-mail only")


def bucket(told: Resource) -> None:
    """Labels, and numbers of seconds as text."""
    labels(told.get("labels", {}))
    for field in ("retentionPolicy", "softDeletePolicy"):
        period = told.get(field, {}).get("retentionPeriod") or told.get(field, {}).get(
            "retentionDurationSeconds"
        )
        if period is not None and not re.fullmatch(r"\d+", str(period)):
            raise Refused(400, f"{field}: a number of seconds")


def bucket_policy(bucket: Resource, policy: Resource) -> None:
    """Public access prevention refuses what would make the bucket public."""
    kept = bucket.get("iamConfiguration", {}).get("publicAccessPrevention") == "enforced"
    members = {m for binding in policy.get("bindings", []) for m in binding.get("members", [])}
    if kept and members & PUBLIC:
        raise Refused(412, "public access prevention is enforced", "conditionNotMet")
