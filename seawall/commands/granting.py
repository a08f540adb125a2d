"""What `seawall cloud policy` and `seawall servers import` do: one account is chosen and asked."""

import json
from typing import TYPE_CHECKING

import click

from seawall.commands.servers import known, nearest
from seawall.errors import ConfigError
from seawall.report.documents import write
from seawall.report.screen import Output

if TYPE_CHECKING:
    from seawall.config import Config
    from seawall.kit.cloud import Cloud, Instance


def policy(output: Output, name: str, *, asked: bool) -> int:
    """Print what is needed, or what of it is missing; the exit code."""
    cloud = opened(name)
    if not asked:
        click.echo(json.dumps(cloud.policy(), indent=2))
        return 0
    missing = cloud.missing()
    if output.spoken:
        output.out.show([f"missing: {each}" for each in missing] or ["nothing is missing"])
    else:
        write({"missing": list(missing)})
    return int(bool(missing))


def listed(output: Output, name: str) -> int:
    """Print `servers:` of what runs in an account; the exit code."""
    found = opened(name).instances()
    running = [each for each in found if each.state == "running"]
    config = nearest()
    taken = _placed(config) if config else set()
    fresh = [each for each in running if each.id not in taken]
    if not output.spoken:
        write({"instances": [vars(each) for each in running]})
        return 0
    if not fresh:
        output.err.show([f"{len(running)} run there, and seawall.yml has each of them."])
        return 0
    click.echo("servers:")
    for line in map(_line, fresh):
        click.echo(line)
    output.err.show([f"{len(fresh)} are not in seawall.yml yet: put these lines into it."])
    return 0


def _placed(config: "Config") -> set[str]:
    placed = (each.cloud for each in config.servers.values())
    return {each.aws or each.gcp or "" for each in placed if each}


def _line(one: "Instance") -> str:
    """One server, as seawall.yml has it; JSON is YAML, so no name can break out of its line."""
    name = "".join(c if c.isalnum() else "-" for c in (one.name or one.id).lower()).strip("-")
    where = {"gcp": one.id} if "/" in one.id else {"aws": one.id, "region": one.region}
    host = json.dumps(one.public or one.private or one.name)
    told = ", ".join(f"{key}: {json.dumps(value)}" for key, value in where.items())
    return f"  {name}: {{ host: {host}, cloud: {{ {told} }} }}"


def opened(name: str) -> "Cloud":
    """An account of the nearest seawall.yml: the named one, or the only one."""
    from seawall.clouds import KINDS
    from seawall.engine import accounts
    from seawall.features.stability.cloud import PREFIX

    config = nearest()
    if config is None:
        raise ConfigError("there is no seawall.yml here or above", "seawall init writes one")
    if name:
        return accounts.opened(config, PREFIX + known(name, KINDS, "cloud"))
    if len(config.accounts) != 1:
        there = ", ".join(config.accounts) or "none is declared"
        raise ConfigError(f"which account is meant: {there}", "name it: aws or gcp")
    return accounts.opened(config, config.accounts[0])
