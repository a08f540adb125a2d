"""Old copies forgotten from this machine, with another key than the servers have.

What each server has proven is asked of it, because its last proven copy stays whatever its age;
what is stored is read from the destination by the restic of this machine.
"""

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from typing import Any

import platformdirs

from seawall.config import Config
from seawall.engine import backing
from seawall.errors import ConfigError, Refused, SeawallError
from seawall.features.stability.backups import PASSPHRASE, Backups
from seawall.features.stability.backups.words import Place
from seawall.secrets.collecting import required
from seawall.secrets.store import PRODUCTION

PASSED = ("PATH", "HOME", "SSH_AUTH_SOCK", "LANG", "TMPDIR")
"""What restic, rclone and ssh need to know of whoever sits here."""


@dataclass(frozen=True)
class Old:
    """What one destination of a server has, and what of it is to go."""

    server: str
    place: str
    runs: tuple[dict[str, Any], ...]
    gone: tuple[str, ...]
    """Snapshots, by their ids."""
    halves: int = 0
    """Runs that were interrupted, of which something is left."""
    _document: dict[str, Any] = field(default_factory=dict, repr=False)


def look(config: Config, server: str) -> list[Old]:
    """What may go of each destination of a server; SeawallError when it cannot be read here, or
    the server cannot say what it has proven."""
    backups = config.of(Backups)
    proven = _proven(config, server)
    found = []
    for name, place in backups.places:
        document = {**_document(config, server, place), "proven": proven}
        told = _asked(f"{server}, {name}", {**document, "verb": "look"})
        runs, gone = tuple(told["runs"]), tuple(told["gone"])
        found.append(Old(server, name, runs, gone, told["halves"], document))
    return found


def forget(old: Old) -> int:
    """Let what was shown go; how many snapshots that were."""
    document = {**old._document, "verb": "forget", "gone": list(old.gone)}
    return int(_asked(f"{old.server}, {old.place}", document)["forgotten"])


def _proven(config: Config, server: str) -> list[str]:
    """The run whose copy was the last to hold, for each dataset that has one."""
    [(_, told)] = backing.copies(config, [server])
    if isinstance(told, SeawallError):
        hint = "without it nobody knows which copy was proven last, and must stay"
        raise SeawallError(f"{server} has to be asked: {told.problem}", hint)
    proofs = [each["proof"] for each in told["facts"]["datasets"].values()]
    return sorted({str(proof["run"]) for proof in proofs if proof})


def _document(config: Config, server: str, place: Place) -> dict[str, Any]:
    """What it takes to open a repository from here, with the key that may delete."""
    pruner = place.pruner
    if place.to.startswith("/") and not (pruner and pruner.to):
        hint = "leave append_only out: the server itself forgets what is old"
        raise ConfigError(f"{place.to} is a folder of {server}, which is not reached here", hint)
    secrets = {**place.secrets, **(pruner.secrets if pruner else {})}
    names = [PASSPHRASE, *secrets.values()]
    values = required(config, names, "backup prune", PRODUCTION).values
    here = {name: os.environ[name] for name in PASSED if name in os.environ}
    cache = platformdirs.user_cache_dir("seawall")
    return {
        "project": config.project,
        "server": server,
        "repository": f"{(pruner and pruner.to) or place.to}/{server}",
        "passphrase": values[PASSPHRASE],
        "environment": {
            **here,
            "RESTIC_CACHE_DIR": f"{cache}/restic",
            **{variable: values[secret] for variable, secret in secrets.items()},
        },
        "keep": config.of(Backups).keep.model_dump(),
    }


def _asked(what: str, document: dict[str, Any]) -> dict[str, Any]:
    """What the agent says, which works here as it does on a server; secrets go through stdin."""
    words = [sys.executable, "-m", "seawall.agent.backups.pruning"]
    done = subprocess.run(words, input=json.dumps(document), capture_output=True, text=True)
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["it was killed"])[-1]
        raise SeawallError(f"{what}: {last}", "run it again: it goes on")
    told: dict[str, Any] = json.loads(done.stdout)
    if "problem" in told:
        said = ": ".join(filter(None, [told["problem"], told["output"]]))
        installed = "apt-get install restic, or brew install restic"
        hint = installed if "not installed" in said else "the key that may delete: pruner: in to:"
        raise Refused(f"{what}: {said}", hint)
    return told
