"""What is to be saved on this server, where to, and with which keys: told by an apply.

Two files that only root reads: what is declared, and the secrets beside it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Dict, List, Tuple

from seawall.agent import system
from seawall.agent.backups.limits import LONGEST

DECLARED = "/etc/seawall/backups.json"
SECRETS = "/etc/seawall/backups.secrets.json"
STATE = f"{system.STATE}/backups"
"""What became of each run; evidence; which repository is ours."""
CACHE = "/var/cache/seawall/restic"
SCRATCH = "/var/lib/seawall-scratch"
"""Where restores are tried. Others may pass through it, so that a scratch server can run as its
own user; each folder in it is that user's alone."""
PRIVATE = system.Ownership(0o600, 0, 0)


@dataclass(frozen=True)
class Dataset:
    """One database, or one app's folders.

    `told` is what its engine needs to know: the name of the database, paths, a file.
    """

    name: str
    engine: str
    told: Dict[str, Any] = field(default_factory=dict)
    asserts: Tuple[str, ...] = ()
    """Questions that must be answered with true on every restored copy."""


@dataclass(frozen=True)
class Destination:
    """A restic repository, and what its storage wants to know of us.

    `options` are restic's own (-o), `limit` is in KiB a second, 0 for none.
    """

    name: str
    repository: str
    environment: Dict[str, str] = field(default_factory=dict)
    options: Tuple[str, ...] = ()
    limit: int = 0


@dataclass(frozen=True)
class Declared:
    """Everything an apply said about backups of this server. Times are in seconds."""

    project: str
    server: str
    datasets: Tuple[Dataset, ...]
    destinations: Tuple[Destination, ...]
    """The first is where backups go and restores are tried from; the others get copies."""
    passphrase: str
    every: float
    prove: float
    keep: Dict[str, int]
    prunes: bool = True
    """False where this server's key cannot delete, so retention runs elsewhere."""
    verify: float = 30 * 86400
    """In so many seconds everything that is stored is read once."""
    quiet: Tuple[Tuple[int, int], ...] = ()
    """Hours in which nothing is done unasked: from and until, in minutes of this server's day."""
    longest: float = LONGEST
    """What saving or proving one dataset may take; then it is ended, and has failed."""

    def chosen(self, names: List[str]) -> List[Dataset]:
        """The datasets of these names, all when none is named."""
        known = {dataset.name: dataset for dataset in self.datasets}
        for name in names:
            if name not in known:
                raise system.StepError(f"no data is called {name}; there are: {', '.join(known)}")
        return [known[name] for name in names or known]


def declared() -> Declared:
    """What was declared; StepError when nothing was, or it cannot be read."""
    content, hidden = system.read(DECLARED), system.read(SECRETS)
    if content is None or hidden is None:
        raise system.StepError("no backups are set up on this server: seawall apply")
    try:
        return _declared(json.loads(content), json.loads(hidden))
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise system.StepError(f"{DECLARED} makes no sense: {error}") from error


def _declared(told: Dict[str, Any], hidden: Dict[str, Any]) -> Declared:
    return Declared(
        project=str(told["project"]),
        server=str(told["server"]),
        datasets=tuple(_dataset(each, hidden) for each in told["datasets"]),
        destinations=tuple(_destination(each, hidden) for each in told["destinations"]),
        passphrase=str(hidden["passphrase"]),
        every=float(told["every"]),
        prove=float(told["prove"]),
        keep={str(key): int(value) for key, value in told["keep"].items()},
        prunes=bool(told["prunes"]),
        verify=float(told.get("verify", 30 * 86400)),
        quiet=tuple((int(begin), int(end)) for begin, end in told.get("quiet", ())),
        longest=float(told.get("longest", LONGEST)),
    )


def _dataset(told: Dict[str, Any], hidden: Dict[str, Any]) -> Dataset:
    secret = hidden.get("datasets", {}).get(told["name"], {})
    more = {**told.get("told", {}), **secret}
    return Dataset(told["name"], told["engine"], more, tuple(told.get("asserts", ())))


def _destination(told: Dict[str, Any], hidden: Dict[str, Any]) -> Destination:
    environment = dict(hidden.get("destinations", {}).get(told["name"], {}))
    repository = environment.pop("RESTIC_REPOSITORY", told["repository"])
    options = tuple(told.get("options", ()))
    return Destination(told["name"], repository, environment, options, int(told.get("limit", 0)))
