"""The recovery kit: everything that a new laptop needs when this one and the servers are gone.

Nothing in it is made up: what is not known is said to be unknown, and what no key here opens is
an error, because a kit without it would fail on the day it is wanted.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from seawall.config import Config
from seawall.engine import releases
from seawall.errors import ConfigError, SeawallError
from seawall.features.scalability.apps import Apps
from seawall.features.stability.backups import PASSPHRASE, Backups, stock
from seawall.repository import archive
from seawall.secrets import Store, projectkey
from seawall.secrets.collecting import required
from seawall.secrets.store import FOLDER, PRODUCTION


@dataclass(frozen=True)
class Repository:
    """One restic repository: what opens it, as variables of a shell."""

    name: str
    """`main`, or `copy1`, `copy2` …"""
    variables: dict[str, str]


@dataclass(frozen=True)
class Lost:
    """What comes back of one server."""

    server: str
    host: str
    repositories: tuple[Repository, ...]
    datasets: dict[str, str]
    """For each dataset, the commands that restore it with stock tools."""


@dataclass(frozen=True)
class Kit:
    """What the kit says. `key` is the key of the project, "" where it is not on this machine."""

    project: str
    made: str
    key: str
    servers: tuple[Lost, ...]
    remote: str
    releases: dict[str, str]
    """For each app, the commit that serves, or why that is not known."""
    files: dict[str, str] = field(default_factory=dict)
    """seawall.yml and what belongs beside it, by their paths in the repository."""


def gather(config: Config) -> Kit:
    """Everything, read from here; the servers are asked only which release they serve.

    ConfigError when nothing is backed up, or a secret of the backups cannot be had here.
    """
    names = [name for name in config.servers if config.datasets(name)]
    if not names or config.path is None:
        hint = "databases: { main: { engine: postgres, server: web1 } } declares some"
        raise ConfigError(f"{config.name}: nothing is backed up", hint)
    return Kit(
        config.project,
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        _key(config),
        tuple(_lost(config, name) for name in names),
        archive.remote(config.path.parent),
        {app: _release(config, app) for app in config.of(Apps).apps},
        _files(config),
    )


def _key(config: Config) -> str:
    store = Store.open(config)
    readers = store.page.readers if store.exists else ()
    recipient = next((key for name, key in readers if name == projectkey.READER), "")
    return (projectkey.found(config.project, recipient) or "") if recipient else ""


def _lost(config: Config, name: str) -> Lost:
    backups = config.of(Backups)
    values = required(config, backups.secret_names, "backups", PRODUCTION).values
    return Lost(
        name,
        config.servers[name].host,
        tuple(
            Repository(
                called,
                {
                    "RESTIC_REPOSITORY": f"{place.to}/{name}",
                    "RESTIC_PASSWORD": values[PASSPHRASE],
                    **{variable: values[secret] for variable, secret in place.secrets.items()},
                },
            )
            for called, place in backups.places
        ),
        {each.name: stock.commands(name, each) for each in config.datasets(name)},
    )


def _release(config: Config, app: str) -> str:
    """The commit that an app serves, or that it is not known."""
    try:
        seen = releases.look(config, app, releases.servers_of(config, app))
    except SeawallError as error:
        return f"unknown: {error.problem}"
    serving = next((one.now for one in seen if one.now), None)
    if serving:
        return serving.sha
    wrong = next((one.error for one in seen if one.error), None)
    return f"unknown: {wrong.problem}" if wrong else "never released"


def _files(config: Config) -> dict[str, str]:
    """The files that a clone of the repository has, for the day when there is none."""
    assert config.path
    folder = config.path.parent
    wanted = [config.path, folder / "seawall.lock.yml", *sorted((folder / FOLDER).glob("*.age"))]
    return {str(path.relative_to(folder)): path.read_text() for path in wanted if path.is_file()}
