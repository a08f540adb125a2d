"""Makes alarms true: channels first, then what is asked from outside, then what tells them.

What is ours is found by its label, and told apart by its name: a second apply finds what a first
one made, also where no answer had come.
"""

from collections.abc import Iterator

from seawall.clouds.gcp import alarms
from seawall.clouds.gcp.declared import Declared
from seawall.clouds.gcp.door import Door
from seawall.clouds.gcp.machines import instance
from seawall.clouds.gcp.thing import Body, Thing
from seawall.kit.cloud.contract import TAG

WORDS = {
    "notificationChannels": "channel",
    "uptimeCheckConfigs": "uptime check",
    "alertPolicies": "alarm",
}
PARENT = {"uptimeCheckConfigs": "parent"}
"""How the project is called in the methods that list and create; elsewhere `name`."""


def listed(door: Door, kind: str) -> list[Body]:
    """All of a kind, whoever made them."""
    above = {PARENT.get(kind, "name"): f"projects/{door.project}"}
    return door.listed(f"monitoring.projects.{kind}.list", kind, **above)


def ours(door: Door, kind: str, declared: Declared) -> dict[str, Body]:
    """Those that bear our mark, by the name that people see."""
    found = listed(door, kind)
    mine = (each for each in found if each.get("userLabels", {}).get(TAG) == declared.label)
    return {each["displayName"]: each for each in mine}


def things(door: Door, declared: Declared) -> Iterator[Thing]:
    """Channels, uptime checks and alarms."""
    if declared.alarms is None:
        return
    for kind in WORDS:
        for body in _wanted(door, declared, kind):
            yield _thing(door, declared, kind, body["displayName"])


def _thing(door: Door, declared: Declared, kind: str, name: str) -> Thing:
    method = f"monitoring.projects.{kind}"
    above = {PARENT.get(kind, "name"): f"projects/{door.project}"}

    def wanted() -> Body:
        return next(e for e in _wanted(door, declared, kind) if e["displayName"] == name)

    def change(found: Body, wanted: Body) -> None:
        fixed = "monitoredResource" if kind == "uptimeCheckConfigs" else ""
        sent = {key: value for key, value in wanted.items() if key != fixed}
        mask = ",".join(sorted(sent))
        door.call(f"{method}.patch", name=found["name"], updateMask=mask, body=sent)

    return Thing(
        "alarms",
        f"{WORDS[kind]} {name.split(': ', 1)[1]}",
        lambda: ours(door, kind, declared).get(name),
        wanted,
        lambda made: door.call(f"{method}.create", **above, body=made),
        change,
        _shown,
    )


def _shown(body: Body) -> Body:
    """What may be shown and can be compared: no token."""
    labels = {k: v for k, v in body.get("labels", {}).items() if k != "auth_token"}
    return {**body, "labels": labels} if "labels" in body else body


def _wanted(door: Door, declared: Declared, kind: str) -> list[Body]:
    """Everything of a kind that should be, given what there is: alarms name channels and checks."""
    assert declared.alarms is not None
    told = alarms.channels(declared, declared.alarms)
    if kind == "notificationChannels":
        return told
    numbers = {each.server: str(instance(door, each)["id"]) for each in declared.machines}
    if kind == "uptimeCheckConfigs":
        return alarms.uptime_checks(declared, numbers)
    checks = ours(door, "uptimeCheckConfigs", declared)
    ids = {name: each["name"].rpartition("/")[2] for name, each in checks.items()}
    wanted = alarms.policies(declared, declared.alarms, numbers, ids)
    names = told_names(door, declared)
    return [{**each, "notificationChannels": names} for each in wanted]


def told_names(door: Door, declared: Declared) -> list[str]:
    """The declared channels that are there, as alarms and budgets name them."""
    assert declared.alarms is not None
    known = ours(door, "notificationChannels", declared)
    wanted = (each["displayName"] for each in alarms.channels(declared, declared.alarms))
    return [known[name]["name"] for name in wanted if name in known]
