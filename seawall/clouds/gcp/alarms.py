"""Alarms that Google itself raises: a dead server is noticed although nothing of ours runs.

An uptime check from several continents, and policies for: no answer from outside, an instance that
no longer runs, processors and disks that are full for a while; they tell channels of e-mail and
Slack. What a disk holds Google knows only where its Ops Agent runs. See `budgets` for money.
"""

from typing import Any

from seawall.clouds.gcp.declared import Alarms, Declared, Instance

Body = dict[str, Any]
UPTIME = "monitoring.googleapis.com/uptime_check/check_passed"
RUNS = "compute.googleapis.com/instance/uptime"
CPU = "compute.googleapis.com/instance/cpu/utilization"
DISK = "agent.googleapis.com/disk/percent_used"
"""Metrics. Source: https://cloud.google.com/monitoring/api/metrics_gcp"""
UNKNOWN = "(given by Google)"
"""An uptime check's id before it is made."""


def channels(declared: Declared, alarms: Alarms) -> list[Body]:
    """Who is told: one channel for each address, and one of Slack."""
    found: list[Body] = [
        {"type": "email", "displayName": f"Seawall: {each}", "labels": {"email_address": each}}
        for each in alarms.email
    ]
    if alarms.slack:
        labels = {"channel_name": alarms.slack, "auth_token": alarms.slack_token}
        found.append({"type": "slack", "displayName": f"Seawall: {alarms.slack}", "labels": labels})
    return [{**each, "enabled": True, "userLabels": declared.labels} for each in found]


def uptime_checks(declared: Declared, alarms: Alarms) -> list[Body]:
    """What is asked from outside each minute: pages, or where there is none the servers' port."""
    asked = [_page(declared, host, path) for host, path in alarms.pages]
    return asked or [_knock(declared, each, alarms.port) for each in declared.instances]


def _page(declared: Declared, host: str, path: str) -> Body:
    labels = {"project_id": declared.project, "host": host}
    check = {"path": path, "port": 443, "useSsl": True, "validateSsl": True, "requestMethod": "GET"}
    return {
        **_check(declared, f"https://{host}{path}"),
        "monitoredResource": {"type": "uptime_url", "labels": labels},
        "httpCheck": check,
    }


def _knock(declared: Declared, one: Instance, port: int) -> Body:
    labels = {"project_id": declared.project, "zone": one.zone, "instance_id": one.id}
    return {
        **_check(declared, f"{one.server} port {port}"),
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


def policies(declared: Declared, alarms: Alarms, asked: dict[str, str]) -> list[Body]:
    """What is told, without the channels that are told; `asked` has the uptime checks' ids by name,
    of those that are there by now."""
    found = [_unreached(declared, uptime_checks(declared, alarms), asked)]
    for one in declared.instances:
        found += [_down(declared, one), _cpu(declared, one, alarms), _disk(declared, one, alarms)]
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


def _of(metric: str, one: Instance) -> str:
    return (
        f'metric.type = "{metric}" AND resource.type = "gce_instance" '
        f'AND resource.labels.instance_id = "{one.id}"'
    )


def _down(declared: Declared, one: Instance) -> Body:
    told = {
        "filter": _of(RUNS, one),
        "aggregations": [{"alignmentPeriod": "60s", "perSeriesAligner": "ALIGN_MEAN"}],
        "duration": "300s",
    }
    advice = f"The instance {one.name} does not run. In an emergency: seawall rebuild {one.server}"
    return _policy(declared, f"{one.server} does not run", {"conditionAbsent": told}, advice)


def _cpu(declared: Declared, one: Instance, alarms: Alarms) -> Body:
    told = _above(_of(CPU, one), alarms.cpu, "900s")
    advice = f"Its processors have been busy for 15 minutes: seawall exec {one.server} top -bn1"
    return _policy(
        declared, f"{one.server}: processors are busy", {"conditionThreshold": told}, advice
    )


def _disk(declared: Declared, one: Instance, alarms: Alarms) -> Body:
    told = _above(_of(DISK, one) + ' AND metric.labels.state = "used"', alarms.disk, "300s")
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
