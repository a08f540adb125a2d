"""Rules of Google's firewall that let somebody in, and the instances they hold for."""

from collections.abc import Iterator

from seawall.clouds.gcp.door import Door
from seawall.clouds.gcp.machines import instances, last
from seawall.clouds.gcp.seen import instance_id
from seawall.clouds.gcp.thing import Body
from seawall.kit.cloud import Opening

LAST = 65535


def openings(door: Door) -> tuple[Opening, ...]:
    """Every rule that lets somebody in, one for each range of ports.

    A rule that refuses, of a higher priority, is not set against them.
    """
    rules = door.listed("compute.firewalls.list", project=door.project)
    lets = (r for r in rules if r.get("direction") != "EGRESS" and not r.get("disabled"))
    return tuple(each for rule in lets for each in _of(rule, instances(door)))


def _of(rule: Body, machines: list[Body]) -> Iterator[Opening]:
    who = tuple(instance_id(each["selfLink"]) for each in machines if _holds(rule, each))
    sources = tuple(rule.get("sourceRanges", ()))
    for allowed in rule.get("allowed", ()):
        for ports in allowed.get("ports") or [f"0-{LAST}"]:
            first, _, to = ports.partition("-")
            protocol = allowed["IPProtocol"]
            yield Opening(
                rule["name"], "global", protocol, int(first), int(to or first), sources, who
            )


def _holds(rule: Body, machine: Body) -> bool:
    """True when the rule is for this machine: its network, and its tags or account."""
    networks = {last(card.get("network", "")) for card in machine.get("networkInterfaces", ())}
    if last(rule.get("network", "default")) not in {each or "default" for each in networks}:
        return False
    tags, accounts = rule.get("targetTags"), rule.get("targetServiceAccounts")
    if not tags and not accounts:
        return True
    used = {each.get("email") for each in machine.get("serviceAccounts", ())}
    return bool(
        set(tags or ()) & set(machine.get("tags", {}).get("items", ()))
        or set(accounts or ()) & used
    )
