"""Alarms that Google itself raises: a dead server is noticed although nothing of ours runs.

An uptime check from several continents, and policies for: no answer from outside, an instance that
no longer runs, processors and disks that are full for a while; they tell channels of e-mail and
Slack. What a disk holds Google knows only where its Ops Agent runs. See `budgets` for money.
"""

from typing import Any

from seawall.clouds.gcp.declared import Declared, Machine
from seawall.kit.cloud import Alarms

Body = dict[str, Any]
UPTIME = "monitoring.googleapis.com/uptime_check/check_passed"
RUNS = "compute.googleapis.com/instance/uptime"
CPU = "compute.googleapis.com/instance/cpu/utilization"
DISK = "agent.googleapis.com/disk/percent_used"
"""Metrics. Source: https://cloud.google.com/monitoring/api/metrics_gcp"""
FULL = 85.0
"""Percent of a disk in use, for five minutes."""
PREFERRED = (443, 80, 22)
"""The port that is knocked on from outside, when it may be open; else the lowest."""
UNKNOWN = "(given by Google)"
"""An uptime check's id before it is made."""


def channels(declared: Declared, alarms: Alarms) -> list[Body]:
    """Who is told."""
    labels = {"email_address": alarms.email}
    told: Body = {"type": "email", "displayName": f"Seawall {declared.label}: {alarms.email}"}
    return [{**told, "labels": labels, "enabled": True, "userLabels": declared.labels}]


def uptime_checks(declared: Declared, numbers: dict[str, str]) -> list[Body]:
    """What is asked from outside each minute: the servers' ports; `numbers` are their instances'
    ids."""
    return [
        _knock(declared, each, numbers[each.server], declared.wanted.ports[each.server])
        for each in declared.machines
        if declared.wanted.ports.get(each.server)
    ]


def _knock(declared: Declared, one: Machine, number: str, ports: tuple[int, ...]) -> Body:
    """Named after the instance too: what a check asks cannot be changed, so that an instance which
    takes the place of another gets one of its own."""
    labels = {"project_id": declared.project, "zone": one.zone, "instance_id": number}
    port = next((each for each in PREFERRED if each in ports), ports[0])
    return {
        **_check(declared, f"{one.server} port {port}, instance {number}"),
        "monitoredResource": {"type": "gce_instance", "labels": labels},
        "tcpCheck": {"port": port},
    }


def _check(declared: Declared, what: str) -> Body:
    name = f"Seawall {declared.label}: {what}"
    return {
        "displayName": name,
        "period": "60s",
        "timeout": "10s",
        "userLabels": declared.labels,
    }


def policies(
    declared: Declared, alarms: Alarms, numbers: dict[str, str], asked: dict[str, str]
) -> list[Body]:
    """What is told, without the channels that are told; `asked` has the uptime checks' ids by name,
    of those that are there by now."""
    checks = uptime_checks(declared, numbers)
    found = [_unreached(declared, checks, asked)] if checks else []
    for one in declared.machines:
        number = numbers[one.server]
        found += [
            _down(declared, one, number),
            _cpu(declared, one, number, alarms.cpu / 100),
            _disk(declared, one, number),
        ]
    return found


def _unreached(declared: Declared, checks: list[Body], asked: dict[str, str]) -> Body:
    conditions = [_fails(each, asked.get(each["displayName"], UNKNOWN)) for each in checks]
    advice = "It does not answer from outside. `seawall check` tells more, if it can be reached."
    return {**_policy(declared, "no answer from outside", {}, advice), "conditions": conditions}


def _fails(check: Body, number: str) -> Body:
    """Fails from two places or more for two minutes: one place may have lost its own way."""
    kind = check["monitoredResource"]["type"]
    told = {
        "filter": f'metric.type = "{UPTIME}" AND resource.type = "{kind}" '
        f'AND metric.labels.check_id = "{number}"',
        "aggregations": [
            {
                "alignmentPeriod": "120s",
                "perSeriesAligner": "ALIGN_NEXT_OLDER",
                "crossSeriesReducer": "REDUCE_COUNT_FALSE",
                "groupByFields": ["resource.*"],
            }
        ],
        "comparison": "COMPARISON_GT",
        "thresholdValue": 1.0,
        "duration": "120s",
    }
    return {"displayName": check["displayName"].split(": ", 1)[1], "conditionThreshold": told}


def _of(metric: str, number: str) -> str:
    return (
        f'metric.type = "{metric}" AND resource.type = "gce_instance" '
        f'AND resource.labels.instance_id = "{number}"'
    )


def _down(declared: Declared, one: Machine, number: str) -> Body:
    told = {
        "filter": _of(RUNS, number),
        "aggregations": [{"alignmentPeriod": "60s", "perSeriesAligner": "ALIGN_MEAN"}],
        "duration": "300s",
    }
    advice = f"The instance {one.name} does not run. In an emergency: seawall rebuild {one.server}"
    return _policy(declared, f"{one.server} does not run", {"conditionAbsent": told}, advice)


def _cpu(declared: Declared, one: Machine, number: str, limit: float) -> Body:
    told = _above(_of(CPU, number), limit, "900s")
    advice = f"Its processors have been busy for 15 minutes: seawall exec {one.server} top -bn1"
    return _policy(
        declared, f"{one.server}: processors are busy", {"conditionThreshold": told}, advice
    )


def _disk(declared: Declared, one: Machine, number: str) -> Body:
    told = _above(_of(DISK, number) + ' AND metric.labels.state = "used"', FULL, "300s")
    advice = f"A full disk stops databases: seawall exec {one.server} df -h"
    return _policy(
        declared, f"{one.server}: a disk is nearly full", {"conditionThreshold": told}, advice
    )


def _above(wanted: str, limit: float, duration: str) -> Body:
    return {
        "filter": wanted,
        "aggregations": [{"alignmentPeriod": "60s", "perSeriesAligner": "ALIGN_MEAN"}],
        "comparison": "COMPARISON_GT",
        "thresholdValue": limit,
        "duration": duration,
    }


def _policy(declared: Declared, what: str, condition: Body, advice: str) -> Body:
    name = f"Seawall {declared.label}: {what}"
    return {
        "displayName": name,
        "combiner": "OR",
        "enabled": True,
        "conditions": [{"displayName": what, **condition}],
        "documentation": {"content": advice, "mimeType": "text/markdown"},
        "userLabels": declared.labels,
    }
