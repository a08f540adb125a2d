"""Makes alarms true: channels first, then what is asked from outside, then what tells them.

What is ours is found by its label, and told apart by its name: a second apply finds what a first
one made, also where no answer had come.
"""

from collections.abc import Iterator
from typing import Any

from seawall.clouds.gcp import alarms
from seawall.clouds.gcp.change import Change, diff, differs
from seawall.clouds.gcp.declared import MARK, Declared
from seawall.clouds.gcp.door import Door

Body = dict[str, Any]
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
    return list(door.pages(f"monitoring.projects.{kind}.list", kind, **above))


def ours(found: list[Body], declared: Declared) -> dict[str, Body]:
    """Those that bear our mark, by the name that people see."""
    mine = (each for each in found if each.get("userLabels", {}).get(MARK) == declared.label)
    return {each["displayName"]: each for each in mine}


def changes(door: Door, declared: Declared) -> Iterator[Change]:
    """What is missing of the alarms, or is not as declared."""
    if declared.alarms is None:
        return
    there = {kind: ours(listed(door, kind), declared) for kind in WORDS}
    for kind, bodies in wanted(declared, there).items():
        for body in bodies:
            found = there[kind].get(body["displayName"])
            yield from _one(door, (kind, body), found, declared)


def wanted(declared: Declared, there: dict[str, dict[str, Body]]) -> dict[str, list[Body]]:
    """Everything that should be, given what there is: alarms name channels and checks."""
    assert declared.alarms is not None
    told = alarms.channels(declared, declared.alarms)
    known, checks = there["notificationChannels"], there["uptimeCheckConfigs"]
    ids = {name: each["name"].rpartition("/")[2] for name, each in checks.items()}
    names = [known[e["displayName"]]["name"] for e in told if e["displayName"] in known]
    return {
        "notificationChannels": told,
        "uptimeCheckConfigs": alarms.uptime_checks(declared, declared.alarms),
        "alertPolicies": [
            {**each, "notificationChannels": names}
            for each in alarms.policies(declared, declared.alarms, ids)
        ],
    }


def _one(
    door: Door, one: tuple[str, Body], found: Body | None, declared: Declared
) -> Iterator[Change]:
    kind, body = one
    seen = _shown(body)
    what = f"{WORDS[kind]} {body['displayName'].split(': ', 1)[1]}"
    if found is None:
        yield Change("+", what, diff(seen), lambda: _make(door, one, declared))
    elif differs(seen, found):
        yield Change("~", what, diff(seen, found), lambda: _make(door, one, declared))


def _shown(body: Body) -> Body:
    """What may be shown and can be compared: no token."""
    labels = {k: v for k, v in body.get("labels", {}).items() if k != "auth_token"}
    return {**body, "labels": labels} if "labels" in body else body


def _make(door: Door, one: tuple[str, Body], declared: Declared) -> None:
    """Create it, or make it as declared, with the channels and checks that are there by now."""
    kind, name = one[0], one[1]["displayName"]
    there = {each: ours(listed(door, each), declared) for each in WORDS}
    body = next(each for each in wanted(declared, there)[kind] if each["displayName"] == name)
    method = f"monitoring.projects.{kind}"
    if found := there[kind].get(name):
        fixed = ("monitoredResource",) if kind == "uptimeCheckConfigs" else ()
        sent = {key: value for key, value in body.items() if key not in fixed}
        mask = ",".join(sorted(sent))
        door.call(f"{method}.patch", name=found["name"], updateMask=mask, body=sent)
        return
    above = {PARENT.get(kind, "name"): f"projects/{door.project}"}
    door.call(f"{method}.create", **above, body=body)
