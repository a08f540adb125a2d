"""What is wrong only when several sections are seen together."""

from collections.abc import Iterator

from seawall.config.model import Config
from seawall.config.problem import Path, Problem
from seawall.features.scalability.apps import Apps
from seawall.features.security.firewall import Firewall
from seawall.features.security.people import People
from seawall.features.security.secrets import Secrets
from seawall.features.security.ssh import Ssh
from seawall.features.stability.databases import Databases
from seawall.kit.fields import closest


def problems(config: Config) -> Iterator[Problem]:
    """Everything that no section could have known alone."""
    yield from _same_machine(config)
    yield from _opened_by_ssh(config)
    yield from _uploads_of_their_own(config)
    yield from _databases_within_reach(config)
    yield from _files_of_one_app(config)
    yield from _readers_are_people(config)


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


def _uploads_of_their_own(config: Config) -> Iterator[Problem]:
    """Two apps are two users: what one writes, the other cannot."""
    first: dict[str, str] = {}
    for name, app in config.of(Apps).apps.items():
        for index, folder in enumerate(app.uploads):
            inside = [other for other in first if _within(folder, other) or _within(other, folder)]
            taken = next((each for each in inside if _meet(config, name, first[each])), None)
            if taken:
                other = first[taken]
                problem = f"{folder} is where {other} writes, on line {_line(config, other)}"
                hint = "one app writes, and gives the others what they need"
                yield _at(config, ("apps", name, "uploads", index), problem, hint)
            first.setdefault(folder, name)


def _readers_are_people(config: Config) -> Iterator[Problem]:
    people = config.of(People).people
    for index, name in enumerate(config.of(Secrets).readers):
        path = ("secrets", "readers", index)
        if name not in people:
            close = closest(name, people)
            hint = f"did you mean {close}?" if close else f"people: {{ {name}: … }}"
            yield _at(config, path, f"{name} is not among people", hint)
        elif people[name].removed:
            yield _at(config, path, f"{name} is removed", "leave it out here")


def _databases_within_reach(config: Config) -> Iterator[Problem]:
    """An app uses databases that are declared, and on the server it runs on: they listen there
    only, and not where its containers could reach them."""
    databases = config.of(Databases).databases
    for name, app in config.of(Apps).apps.items():
        for index, used in enumerate(app.uses):
            path: Path = ("apps", name, "uses", index)
            if used not in databases:
                there = f"there are: {', '.join(databases)}" if databases else "there are none"
                yield _at(config, path, f"no database is called {used}", there)
                continue
            if databases[used].url:
                continue
            home = databases[used].server
            elsewhere = [each for each in app.servers or config.servers if each != home]
            if elsewhere:
                problem = f"{used} is on {home} alone, and {name} runs on {elsewhere[0]} too"
                yield _at(config, path, problem, f"servers: [{home}]")
            elif app.contained and not databases[used].file:
                problem = (
                    f"{name} runs in containers, which cannot reach a database of their server"
                )
                yield _at(config, path, problem, "run it as a process")


def _files_of_one_app(config: Config) -> Iterator[Problem]:
    """An SQLite file is written by one user: of the app that uses it, or has it in its uploads."""
    for name, database in config.of(Databases).databases.items():
        here = config.of(Apps).on(database.server)
        file = database.file or ""
        writers = [
            each
            for each, app in here.items()
            if file and (name in app.uses or any(_within(file, one) for one in app.uploads))
        ]
        if len(writers) > 1:
            problem = f"{file} is written by {writers[0]} and {writers[1]}"
            path: Path = ("databases", name, "file")
            yield _at(config, path, problem, "one app writes it, or take postgres")


def _within(folder: str, other: str) -> bool:
    return f"{folder}/".startswith(f"{other}/")


def _meet(config: Config, one: str, other: str) -> bool:
    """True when two apps run on the same server."""
    apps = config.of(Apps)
    return any({one, other} <= set(apps.on(server)) for server in config.servers) and one != other


def _line(config: Config, app: str) -> int:
    return config.line_of("apps", app)


def _at(config: Config, path: Path, text: str, hint: str) -> Problem:
    return Problem(config.line_of(*path), path, text, hint)
