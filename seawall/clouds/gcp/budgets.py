"""A budget of the billing account: half of it, nine tenths and all of it are told by e-mail.

Google tells budgets to channels of e-mail only, five at most, and to those who pay the bill. It
stops nothing: a budget is a message, not a limit.
"""

from collections.abc import Iterator

from seawall.clouds.gcp import monitoring
from seawall.clouds.gcp.declared import Declared
from seawall.clouds.gcp.door import Door
from seawall.clouds.gcp.thing import Body, Thing
from seawall.errors import SeawallError

PARTS = (0.5, 0.9, 1.0)
CREATE = "billingbudgets.billingAccounts.budgets.create"
PATCH = "billingbudgets.billingAccounts.budgets.patch"


def account(door: Door) -> str:
    """Who pays for the project: "billingAccounts/…", or "" when nobody does."""
    told = door.call("cloudbilling.projects.getBillingInfo", name=f"projects/{door.project}")
    return str(told.get("billingAccountName", ""))


def listed(door: Door, paying: str) -> list[Body]:
    """Every budget of a billing account."""
    return door.listed("billingbudgets.billingAccounts.budgets.list", "budgets", parent=paying)


def body(declared: Declared, channels: list[str]) -> Body:
    """The budget as Google wants it; without a currency it is in the account's own."""
    assert declared.alarms is not None
    rules = [{"thresholdPercent": part, "spendBasis": "CURRENT_SPEND"} for part in PARTS]
    return {
        "displayName": declared.named("budget"),
        "budgetFilter": {
            "projects": [f"projects/{declared.project}"],
            "calendarPeriod": "MONTH",
        },
        "amount": {"specifiedAmount": {"units": str(declared.alarms.monthly)}},
        "thresholdRules": [*rules, {"thresholdPercent": 1.0, "spendBasis": "FORECASTED_SPEND"}],
        "notificationsRule": {"monitoringNotificationChannels": channels},
    }


def things(door: Door, declared: Declared) -> Iterator[Thing]:
    """The budget, when one is declared."""
    if declared.alarms is None or not declared.alarms.monthly:
        return
    paying = account(door)
    if not paying:
        raise SeawallError(
            f"gcp {door.project}: nobody pays for this project, so it can have no budget",
            "link a billing account to it, or take monthly: out of cloud.gcp.alarms",
        )
    name = declared.named("budget")

    def change(found: Body, wanted: Body) -> None:
        mask = ",".join(sorted(wanted))
        door.call(PATCH, name=found["name"], updateMask=mask, body=wanted)

    yield Thing(
        "alarms",
        f"budget of {declared.alarms.monthly} a month",
        lambda: next((b for b in listed(door, paying) if b["displayName"] == name), None),
        lambda: body(declared, monitoring.told_names(door, declared)),
        lambda made: door.call(CREATE, parent=paying, body=made),
        change,
        _comparable,
        "in the currency of the billing account",
    )


def _comparable(wanted: Body) -> Body:
    """Google answers with the project's number, whatever name was sent."""
    known = {key: value for key, value in wanted["budgetFilter"].items() if key != "projects"}
    return {**wanted, "budgetFilter": known}
