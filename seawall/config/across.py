"""What is wrong only when several sections are seen together."""

from collections.abc import Iterator

from seawall.config.model import Config
from seawall.config.problem import Path, Problem
from seawall.features.security.firewall import Firewall
from seawall.features.security.ssh import Ssh


def problems(config: Config) -> Iterator[Problem]:
    """Everything that no section could have known alone."""
    yield from _same_machine(config)
    yield from _opened_by_ssh(config)


def _same_machine(config: Config) -> Iterator[Problem]:
    first: dict[tuple[str, int], str] = {}
    for name, server in config.servers.items():
        machine = (server.address.host.lower(), server.address.port or 22)
        other = first.setdefault(machine, name)
        if other != name:
            path = ("servers", name, "host")
            problem = f"is the same machine as {other}, on line {config.line_of('servers', other)}"
            yield _at(config, path, problem, "write each server once")


def _opened_by_ssh(config: Config) -> Iterator[Problem]:
    ssh = config.of(Ssh)
    for index, port in enumerate(config.of(Firewall).open):
        if (port.port, port.protocol) == (ssh.port, "tcp"):
            problem = f"{port.port} is the port of ssh, which is open already"
            hint = "leave it out; who may reach it: ssh: { from: [203.0.113.0/24] }"
            yield _at(config, ("firewall", "open", index), problem, hint)


def _at(config: Config, path: Path, text: str, hint: str) -> Problem:
    return Problem(config.line_of(*path), path, text, hint)
