"""Into a database over ssh: its client on its server, or its port on this machine."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from seawall.config import Config
from seawall.engine import doors, errands
from seawall.engine.errands import Errand
from seawall.errors import ConfigError
from seawall.features.stability.databases import Databases
from seawall.features.stability.databases.clients import CLIENTS
from seawall.features.stability.databases.kinds import KINDS

HIDDEN = "…"
"""What stands in the place of a password."""


def chosen(config: Config, name: str) -> str:
    """The database of this name, or the only one; ConfigError when it is not clear which."""
    there = list(config.of(Databases).databases)
    if name and name not in there:
        told = f"there are: {', '.join(there)}" if there else "none is declared"
        raise ConfigError(f"no database in {config.name} is called {name}", told)
    if not there:
        hint = "databases: { main: { engine: postgres, server: web1 } } declares one"
        raise ConfigError(f"{config.name}: no database is declared", hint)
    if not name and len(there) > 1:
        raise ConfigError("which database?", f"one of: {', '.join(there)}")
    return name or there[0]


def client(config: Config, name: str, words: list[str], *, terminal: bool) -> Errand:
    """The command that opens a database's client with these arguments."""
    database = config.of(Databases).databases[name]
    _require_ours(name, database.url)
    if database.engine not in CLIENTS:
        raise ConfigError(f"{name}: seawall has no client for {database.engine}")
    whole = [*CLIENTS[database.engine](database.file or name, terminal), *words]
    return errands.errand(config, database.server, whole, tty=terminal)


def _require_ours(name: str, url: str | None) -> None:
    """ConfigError for a database that no server of ours runs."""
    if url:
        raise ConfigError(f"{name} runs elsewhere", f"psql with the address in the secret {url}")


@dataclass(frozen=True)
class Tunnel:
    """The ssh command of a tunnel, and what leads through it; `url` holds no password."""

    argv: list[str]
    server: str
    url: str


def tunnel(config: Config, name: str, port: int) -> Tunnel:
    """A port of this machine's loopback that leads to a database; ssh ends when it cannot.

    Over a connection of its own, so that it is closed when that ends.
    """
    database = config.of(Databases).databases[name]
    _require_ours(name, database.url)
    bare = urlsplit(KINDS[database.engine].address(name, ""))
    if bare.port is None:
        raise ConfigError(f"{name}: {database.engine} listens on no port", f"seawall db {name}")
    there = doors.server(config, database.server)
    if there.local:
        told = f"{name} is on this machine: port {bare.port} of 127.0.0.1 leads there already"
        raise ConfigError(told, f"seawall db {name}")
    with doors.talk(there, {"mode": "look"}):
        where = f"127.0.0.1:{port}:127.0.0.1:{bare.port}"
        options = ("-N", "-L", where, "-o", "ExitOnForwardFailure=yes")
        argv = there.ssh_argv(*options, shared=False)
    login = f"{bare.username or ''}:{HIDDEN}"
    url = bare._replace(netloc=f"{login}@127.0.0.1:{port}").geturl()
    return Tunnel(argv, database.server, url)


def with_password(config: Config, name: str, port: int) -> str:
    """The same address with its password; ConfigError when no key here opens it."""
    real = urlsplit(config.of(Databases).address(config, name))
    login = real.netloc.rpartition("@")[0]
    return real._replace(netloc=f"{login}@127.0.0.1:{port}").geturl()
