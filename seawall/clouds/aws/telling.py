"""What tells somebody at Amazon: alarms and who hears them, schedules, budgets."""

from collections.abc import Iterator
from typing import Any

from seawall.clouds.aws.alarms import receivers
from seawall.clouds.aws.owned import tagged
from seawall.clouds.aws.session import GLOBAL, Session
from seawall.kit.cloud import Alarm, Schedule, Spending

KINDS = {
    "StatusCheckFailed": "dead",
    "StatusCheckFailed_System": "hardware",
    "StatusCheckFailed_Instance": "dead",
    "CPUUtilization": "cpu",
    "CPUCreditBalance": "credits",
    "EstimatedCharges": "billing",
}


def alarms(session: Session, region: str) -> Iterator[Alarm]:
    """Every alarm of a region that does something, with those who confirmed to be told."""
    heard: dict[str, tuple[str, ...]] = {}
    for page in session.pages("cloudwatch", "describe_alarms", region):
        for each in page["MetricAlarms"]:
            actions = each.get("AlarmActions", ()) if each.get("ActionsEnabled") else ()
            for arn in actions:
                if arn.startswith("arn:aws:sns:") and arn not in heard:
                    heard[arn] = _hearing(session, region, arn)
            tells = tuple(who for arn in actions for who in heard.get(arn, ()))
            yield _alarm(each, region, tells)


def _alarm(each: dict[str, Any], region: str, tells: tuple[str, ...]) -> Alarm:
    about = {one["Name"]: one["Value"] for one in each.get("Dimensions", ())}
    kind = KINDS.get(each.get("MetricName", ""), "")
    state = each.get("StateValue", "")
    return Alarm(each["AlarmName"], region, about.get("InstanceId", ""), kind, tells, state)


def _hearing(session: Session, region: str, arn: str) -> tuple[str, ...]:
    """Who hears a topic; an address that never confirmed has no ARN of its own yet."""
    found = receivers(session, region, arn)
    return tuple(e["Endpoint"] for e in found if e["SubscriptionArn"].startswith("arn:"))


def schedules(session: Session, region: str) -> Iterator[Schedule]:
    """Every schedule of snapshots in a region."""
    for each in session.ask("dlm", "get_lifecycle_policies", region)["Policies"]:
        ours = tagged(each.get("Tags"), session.wanted.project)
        trouble = "it failed" if each["State"] == "ERROR" else ""
        yield Schedule(each["PolicyId"], region, ours, each["State"] == "ENABLED", trouble)


def spending(session: Session, region: str) -> Iterator[Spending]:
    """Budgets, and alarms on charges; these are in one region for all."""
    for page in session.pages("budgets", "describe_budgets", GLOBAL, AccountId=session.account):
        yield from (Spending(each["BudgetName"]) for each in page.get("Budgets", ()))
    for alarm in alarms(session, GLOBAL):
        if alarm.kind == "billing":
            yield Spending(alarm.name)
