"""A lost server on a bare machine: what that one is asked before and after it is restored."""

from dataclasses import dataclass, replace
from typing import Any

from seawall.config import Config
from seawall.engine import doors
from seawall.errors import ConfigError, Refused
from seawall.features.stability.backups import Backups
from seawall.secrets.collecting import required
from seawall.secrets.store import PRODUCTION
from seawall.server import NoPython


def moved(config: Config, server: str, new_host: str) -> Config:
    """The same seawall.yml with this server at another address; ConfigError when it is none."""
    if not config.datasets(server):
        raise ConfigError(f"{server} has no data to bring back", f"seawall up {server}")
    required(config, config.of(Backups).secret_names, "backups", PRODUCTION)
    if not new_host:
        return config
    [there] = Config.undescribed(new_host).servers.values()
    told = {"host": there.host, "port": None, "private": None}
    settings = config.servers[server].model_copy(update=told)
    return replace(config, servers={**config.servers, server: settings})


@dataclass(frozen=True)
class Begun:
    """A rebuild that has begun: whether it is done, and how many seconds ago it first began."""

    done: bool
    elapsed: float


def begin(config: Config, server: str) -> Begun:
    """Mark a bare machine as this server, on which nothing is saved until everything is back.

    Refused when it holds data that is not ours to replace.
    """
    try:
        return _begun(_ask(config, server, "begin"))
    except NoPython:
        failed = doors.install_python(config, [server])
        if failed:
            raise failed[server] from None
        return _begun(_ask(config, server, "begin"))


def _begun(event: dict[str, Any]) -> Begun:
    return Begun(event["state"] == "done", float(event["elapsed"]))


def end(config: Config, server: str, told: dict[str, Any]) -> None:
    """Everything is back: write down how long it took, and let the timers save again."""
    _ask(config, server, "end", told)


def _ask(config: Config, server: str, verb: str, told: dict[str, Any] | None = None) -> Any:
    datasets = [
        {"name": each.name, "engine": each.engine, "told": dict(each.told)}
        for each in config.datasets(server)
    ]
    names = {"server": server, "project": config.project}
    document = {"mode": "rebuild", "verb": verb, "datasets": datasets, **names, "told": told or {}}

    def refused(event: dict[str, Any]) -> Refused:
        hint = "nothing was changed; a rebuild takes a bare machine: --on root@ANOTHER"
        return Refused(f"{server}: {event['problem']}", hint)

    there = doors.server(config, server)
    return doors.answer(there, document, "rebuild", refused, cut="run it again: it goes on")
