"""Servers are introduced to each other: where they are, and those that share an app, who they are.

What they know each other by lies on the servers alone; here it only passes through. Where none has
it yet, a server makes it, and it stays what it was made while this command runs.
"""

import re
from collections.abc import Iterator
from dataclasses import replace

from seawall.config import Config
from seawall.engine import doors
from seawall.errors import ConfigError, SeawallError
from seawall.features.scalability.apps import Apps
from seawall.kit.fleet import Fleet

BLOCK = r"-----BEGIN {0}-----\n[A-Za-z0-9+/=\n]+-----END {0}-----\n"
PEM = re.compile(BLOCK.format("PRIVATE KEY") + BLOCK.format("CERTIFICATE"))
LONGEST = 8192
_made: dict[tuple[str, ...], str] = {}
"""What was made by this command, by the servers that it is for: a plan and what is done about it
must speak of the same."""


def introduced(config: Config, names: list[str]) -> Config:
    """The Config with what these servers need to know of their peers, to watch them and to stand
    in for them."""
    together = sharing(config)
    if config.fleet.identity:
        return config
    if not {*together} & {*names}:
        return replace(config, fleet=Fleet(_known(config)))
    told = doors.on_each(together, lambda name: _asked(config, name))
    addresses = {each: address(config, each) for each in together}
    return replace(
        config, fleet=Fleet({**_known(config), **addresses}, _chosen(tuple(together), told))
    )


def _known(config: Config) -> dict[str, str]:
    """Where each of several servers is, if that can be said."""
    if len(config.servers) < 2 or not config.described:
        return {}
    there = {name: each for name, each in config.servers.items() if each.private or not each.local}
    return {name: address(config, name) for name in there}


def sharing(config: Config) -> list[str]:
    """The servers that have an app with a domain in common with another one."""
    return [name for name in config.servers if any(_elsewhere(config, name))]


def _elsewhere(config: Config, server: str) -> Iterator[str]:
    mine = {name for name, app in config.of(Apps).on(server).items() if app.domains}
    for other in config.servers:
        yield from mine & {*config.of(Apps).on(other)} if other != server else ()


def address(config: Config, name: str) -> str:
    """Where the other servers reach this one."""
    settings = config.servers[name]
    if settings.private:
        return settings.private
    if settings.local:
        where = f"{config.name}:{config.line_of('servers', name)}: servers.{name}"
        problem = f"{where}: its peers cannot reach it as {settings.host}"
        raise ConfigError(problem, f"say where: servers.{name}.private: 10.0.0.5")
    return doors.server(config, name).address


def _asked(config: Config, name: str) -> dict[str, str] | None:
    """What a server has, or would make; None when it cannot be asked, which is said by whoever
    works on it."""
    try:
        with doors.talk(doors.server(config, name), {"mode": "identity"}) as talk:
            for event in talk:
                if event["type"] == "identity":
                    return {key: _pem(event[key]) for key in ("known", "fresh") if key in event}
    except SeawallError:
        pass
    return None


def _pem(told: object) -> str:
    """A key and a certificate as they should be; "" for anything else that a server may tell."""
    text = str(told)
    return text if len(text) < LONGEST and PEM.fullmatch(text) else ""


def _chosen(together: tuple[str, ...], told: list[dict[str, str] | None]) -> str:
    """What the first has that has one; otherwise what the first has made."""
    answered = [each for each in told if each is not None]
    found = [each.get("known") for each in answered] + [each.get("fresh") for each in answered]
    identity = next((each for each in found if each), "")
    if not identity and answered:
        problem = f"{together[0]}: it cannot make the key that servers know each other by"
        raise SeawallError(problem, f"seawall ssh {together[0]} -- apt-get install openssl")
    if any(each.get("known") for each in answered):
        return identity
    return _made.setdefault(together, identity) if identity else ""
