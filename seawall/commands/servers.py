"""Which servers a command is about: named ones, all of seawall.yml, or ones nobody described.

For the shell's completion the file is read line by line, not parsed: a key press must not wait
for YAML and the models.
"""

import re
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

import click

from seawall.errors import ConfigError

if TYPE_CHECKING:
    from seawall.config import Config


def described(names: Iterable[str]) -> "tuple[Config, list[str]]":
    """The nearest seawall.yml and the servers meant: the named ones, or all."""
    config = nearest()
    if config is None:
        raise ConfigError(
            "there is no seawall.yml here or above",
            "seawall init writes one; seawall check root@HOST works without",
        )
    if not config.servers:
        raise ConfigError(
            f"{config.name}: no servers are declared",
            "add servers: with a name and its host: to it",
        )
    return config, [known(name, config.servers) for name in names] or list(config.servers)


def everything(names: tuple[str, ...], *, cloud_only: bool = False) -> "tuple[Config, list[str]]":
    """The nearest seawall.yml and what is meant of it: the named servers, or all of them and the
    cloud accounts; these alone with `cloud_only`."""
    config = nearest()
    if config is None or names:
        if cloud_only and names:
            raise ConfigError(
                "--cloud-only is about accounts, not servers", "leave one of them out"
            )
        return described(names)
    accounts = list(config.accounts)
    if cloud_only and not accounts:
        raise ConfigError(f"{config.name}: no cloud account is declared", "add cloud: { aws: {} }")
    if cloud_only or (accounts and not config.servers):
        return config, accounts
    return config, [*described(())[1], *accounts]


def any_server(target: str) -> "tuple[Config, str]":
    """A server of the nearest seawall.yml, or any other machine, and the name it goes by."""
    from seawall.config import Config

    config = None if "@" in target else nearest()
    if config and target in config.servers:
        return config, target
    if config and not re.search(r"[.:]", target):
        known(target, config.servers)
    stranger = Config.undescribed(target)
    return stranger, next(iter(stranger.servers))


def nearest() -> "Config | None":
    """The nearest seawall.yml, or None."""
    from seawall import config

    path = config.find()
    return config.load(path) if path else None


SHOWN = 12
"""Names in a hint; nobody reads more."""


def known(name: str, among: Iterable[str], what: str = "server in seawall.yml") -> str:
    """The name, when it is one of these; else an error with the nearest."""
    among = list(among)
    if name in among:
        return name
    near = get_close_matches(name, among, n=1)
    guess = f" (did you mean {near[0]}?)" if near else ""
    more = f" and {len(among) - SHOWN} more" if len(among) > SHOWN else ""
    there = f"there are: {', '.join(among[:SHOWN])}{more}" if among else "there is none"
    raise ConfigError(f"no {what} is called {name}{guess}", there)


def complete_servers(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """The servers of the nearest seawall.yml that begin like this."""
    return [name for name in names_nearby() if name.startswith(incomplete)]


def complete_apps(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """The apps of the nearest seawall.yml that begin like this."""
    return [name for name in names_nearby("apps") if name.startswith(incomplete)]


def names_nearby(section: str = "servers") -> list[str]:
    """The names in a section of the nearest seawall.yml; none when there is no such file."""
    here = Path.cwd()
    found = (folder / "seawall.yml" for folder in (here, *here.parents))
    file = next(filter(Path.is_file, found), None)
    return list(names_in(file.read_text("utf-8", "replace"), section)) if file else []


def names_in(text: str, section: str = "servers") -> Iterator[str]:
    """The keys directly below a section such as `servers:`."""
    indent = None
    for line in _block(text.splitlines(), f"{section}:"):
        if key := re.match(r"""( +)["']?([\w.-]+)["']?:""", line):
            indent = indent or key[1]
            if key[1] == indent:
                yield key[2]


def _block(lines: list[str], head: str) -> Iterator[str]:
    inside = False
    for line in lines:
        if line[:1].strip() and not line.startswith("#"):
            inside = line.split("#")[0].rstrip() == head
        elif inside:
            yield line


def __getattr__(name: str) -> click.Command:
    """The verb of this name is another file's: this one is what verbs share, and imports none."""
    if name != "command":
        raise AttributeError(name)
    from seawall.commands.importing import command

    return command
