"""A restore as a person asks for it: which server has the data, and what the restore says."""

from dataclasses import asdict, dataclass
from typing import Any

from seawall.config import Config
from seawall.engine import backing
from seawall.errors import ConfigError, SeawallError


@dataclass(frozen=True)
class Restore:
    """What to restore: the copy of a run, the whole or a part of it, beside the live data or in
    its place, which is saved before unless that is not wanted."""

    dataset: str
    run: str
    table: str = ""
    file: str = ""
    live: bool = False
    safety: bool = True


def server_of(config: Config, dataset: str, only: str = "") -> str:
    """The server that has this data; ConfigError when none or several have it."""
    names = [
        name
        for name in backing.servers_of(config, only)
        if any(each.name == dataset for each in config.datasets(name))
    ]
    if len(names) == 1:
        return names[0]
    if names:
        raise ConfigError(
            f"{', '.join(names)} all have {dataset}", f"--server {names[0]} chooses one"
        )
    there = sorted({each.name for name in config.servers for each in config.datasets(name)})
    raise ConfigError(f"no data is called {dataset}", f"there are: {', '.join(there)}")


def listed(config: Config, server: str) -> dict[str, Any]:
    """What is stored of a server, and the facts that go with it; SeawallError when that cannot
    be asked."""
    [(_, told)] = backing.copies(config, [server])
    if isinstance(told, SeawallError):
        raise told
    return told


def restore(config: Config, server: str, wanted: Restore) -> backing.Saved:
    """Do it there, and hear how it ends."""
    document: dict[str, Any] = {"mode": "data", "verb": "restore", "restore": asdict(wanted)}
    return backing.asked(config, server, document)
