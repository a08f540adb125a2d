"""What would change on each server."""

import time
from dataclasses import replace
from typing import Any

from seawall.agent.steps import Packages, Step, encode
from seawall.config import Config, keys
from seawall.engine import accounts, doors, fleet
from seawall.errors import SeawallError
from seawall.kit import Plan, PlannedChange
from seawall.server import Server

Steps = list[tuple[str, dict[str, Any]]]


def plan(config: Config, names: list[str]) -> list[Plan]:
    """What would change, server by server; an unreachable one is in its plan's `error`."""
    config = fleet.introduced(keys.resolve(config), names)
    return doors.on_each(names, lambda name: _plan(config, name))


def _plan(config: Config, name: str) -> Plan:
    return accounts.plan(config, name) if name in config.accounts else _planned(config, name)


def _planned(config: Config, name: str) -> Plan:
    document = {"mode": "look", "steps": steps(config, name), "preflight": True, "now": time.time()}
    try:
        server = doors.server(config, name)
        with doors.talk(server, document) as talk:
            for event in talk:
                if event["type"] == "crash":
                    raise doors.crashed(name, event)
                if event["type"] == "plan":
                    doors.got_in(config, talk)
                    return replace(from_event(name, event), notes=_notes(config, server))
            raise SeawallError(f"{name}: the connection was cut: {talk.said().strip()}")
    except SeawallError as error:
        return Plan(name, error=error)


def _notes(config: Config, server: Server) -> tuple[str, ...]:
    """What is to be known besides what changes."""
    return (*config.limits(server.name), *_strays(config, server))


def _strays(config: Config, server: Server) -> tuple[str, ...]:
    """A sentence for each domain that does not lead here yet."""
    declared = config.sites(server.name)
    if not declared:
        return ()
    from seawall.outside.sites import strays

    return strays(server, declared)


def steps(config: Config, name: str) -> Steps:
    """Every step of a server as JSON can carry it; packages first and in one go."""
    declared = config.steps(name)
    rest = [(feature, encode(step)) for feature, step in declared if not _plain_packages(step)]
    wanted = (name for _, step in declared for name in _plain_packages(step))
    names = tuple(dict.fromkeys(wanted))
    return [("packages", encode(Packages(names))), *rest] if names else rest


def _plain_packages(step: Step) -> tuple[str, ...]:
    return step.names if isinstance(step, Packages) and not step.unless else ()


def from_event(name: str, event: dict[str, Any]) -> Plan:
    """The plan that an agent told."""
    changes = tuple(PlannedChange(**change) for change in event["changes"])
    return Plan(name, changes, event["hash"], tuple(event["preflight"]))
