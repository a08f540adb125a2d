"""A budget of the billing account: half of it, nine tenths and all of it are told by e-mail.

Google tells budgets to channels of e-mail only, five at most, and to those who pay the bill. It
stops nothing: a budget is a message, not a limit.
"""

from collections.abc import Iterator
from typing import Any

from seawall.clouds.gcp import monitoring
from seawall.clouds.gcp.change import Change, diff, differs
from seawall.clouds.gcp.declared import Declared
from seawall.clouds.gcp.door import Door
from seawall.errors import SeawallError

Body = dict[str, Any]
PARTS = (0.5, 0.9, 1.0)
MOST = 5
"""Channels that Google tells of one budget."""


def account(door: Door) -> str:
    """Who pays for the project: "billingAccounts/…", or "" when nobody does."""
    told = door.call("cloudbilling.projects.getBillingInfo", name=f"projects/{door.project}")
    return str(told.get("billingAccountName", ""))


def listed(door: Door, paying: str) -> list[Body]:
    """Every budget of a billing account."""
    return list(door.pages("billingbudgets.billingAccounts.budgets.list", "budgets", parent=paying))


def body(declared: Declared, channels: list[str]) -> Body:
    """The budget as Google wants it; no currency is the account's own."""
    assert declared.alarms is not None
    rules = [{"thresholdPercent": part, "spendBasis": "CURRENT_SPEND"} for part in PARTS]
    return {
        "displayName": declared.named("budget"),
        "budgetFilter": {
            "projects": [f"projects/{declared.project}"],
            "calendarPeriod": "MONTH",
        },
        "amount": {"specifiedAmount": {"units": str(declared.alarms.budget)}},
        "thresholdRules": [*rules, {"thresholdPercent": 1.0, "spendBasis": "FORECASTED_SPEND"}],
        "notificationsRule": {"monitoringNotificationChannels": channels[:MOST]},
    }


def changes(door: Door, declared: Declared) -> Iterator[Change]:
    """What is missing of the budget."""
    if declared.alarms is None or not declared.alarms.budget:
        return
    paying = account(door)
    if not paying:
        raise SeawallError(
            f"gcp {door.project}: nobody pays for this project, so it can have no budget",
            "link a billing account to it, or take budget: out of seawall.yml",
        )
    wanted = body(declared, _told(door, declared))
    found = next(
        (b for b in listed(door, paying) if b["displayName"] == wanted["displayName"]), None
    )
    if found is None:
        yield Change(
            "+",
            f"budget of {declared.alarms.budget}",
            diff(wanted),
            lambda: _create(door, declared, paying),
        )
    elif differs(_comparable(wanted), found):
        what = f"budget of {declared.alarms.budget}"
        yield Change(
            "~", what, diff(wanted, found), lambda: _patch(door, declared, str(found["name"]))
        )


def _comparable(wanted: Body) -> Body:
    """Google answers with the project's number, whatever name was sent."""
    known = {**wanted["budgetFilter"]}
    del known["projects"]
    return {**wanted, "budgetFilter": known}


def _told(door: Door, declared: Declared) -> list[str]:
    found = monitoring.ours(monitoring.listed(door, "notificationChannels"), declared)
    return [each["name"] for each in found.values() if each["type"] == "email"]


def _create(door: Door, declared: Declared, paying: str) -> None:
    sent = body(declared, _told(door, declared))
    door.call("billingbudgets.billingAccounts.budgets.create", parent=paying, body=sent)


def _patch(door: Door, declared: Declared, name: str) -> None:
    sent = body(declared, _told(door, declared))
    method = "billingbudgets.billingAccounts.budgets.patch"
    door.call(method, name=name, updateMask=",".join(sorted(sent)), body=sent)
