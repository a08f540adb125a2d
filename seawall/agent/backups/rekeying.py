"""Another passphrase for this server's repositories: added and tried first, the old one taken last.

At every moment each repository opens with the passphrase that this server has, and with the one
that the project keeps. A repeated step does nothing again.
"""

from __future__ import annotations

import json
import time
from dataclasses import replace
from typing import Any, Callable, Dict

from seawall.agent import system, wire
from seawall.agent.backups import states
from seawall.agent.backups.declared import PRIVATE, SECRETS, Declared, declared
from seawall.agent.backups.faults import ABSENT, NO_BUCKET
from seawall.agent.backups.restic import Repository

FRESH = f"{system.RUN}/new-passphrase"
"""In memory, for root alone, and only while restic reads it."""
PATIENCE = 60
"""Seconds to wait for a run that is under way."""


def answer(document: Dict[str, Any]) -> None:
    """Do one step of a change of passphrase, with what stands in the document."""
    deadline = time.monotonic() + PATIENCE
    while True:
        with states.alone() as mine:
            if mine:
                return wire.emit(_done(document))
        if time.monotonic() > deadline:
            return wire.emit({"type": "failed", "problem": "another run is under way"})
        time.sleep(0.5)


def _done(document: Dict[str, Any]) -> Dict[str, Any]:
    try:
        STEPS[document["verb"]](declared(), document["new"], document["old"])
    except system.StepError as error:
        return {"type": "failed", "problem": error.problem, "output": error.output}
    return {"type": "rekeyed"}


def _add(told: Declared, new: str, old: str) -> None:
    """Let every repository open with the new passphrase too, and see that it does."""
    for destination in told.destinations:
        if not _opens(told, destination.name, new):
            repository = Repository(told, destination)
            repository.open()
            _add_one(repository, new)
        if not _opens(told, destination.name, new):
            raise system.StepError(f"{destination.name}: the new passphrase does not open it")


def _add_one(repository: Repository, new: str) -> None:
    system.private_folder(system.RUN)
    system.write(FRESH, f"{new}\n".encode(), PRIVATE)
    try:
        repository.ask(["key", "add", f"--new-password-file={FRESH}"])
    finally:
        system.remove(FRESH)


def _use(told: Declared, new: str, old: str) -> None:
    """Save with the new passphrase from now on; StepError while it does not open everything."""
    for destination in told.destinations:
        if not _opens(told, destination.name, new):
            raise system.StepError(f"{destination.name}: the new passphrase does not open it")
    hidden = json.loads(system.read(SECRETS) or b"{}")
    hidden["passphrase"] = new
    system.write(SECRETS, (json.dumps(hidden, indent=1) + "\n").encode(), PRIVATE)


def _drop(told: Declared, new: str, old: str) -> None:
    """Take the old passphrase from every repository that the new one opens."""
    if told.passphrase != new:
        raise system.StepError("this server does not use the new passphrase yet")
    for destination in told.destinations:
        if _opens(told, destination.name, old):
            with_old = Repository(replace(told, passphrase=old), destination)
            listed = json.loads(with_old.ask(["key", "list", "--json"]))
            [gone] = [str(key["id"]) for key in listed if key["current"]]
            Repository(told, destination).ask(["key", "remove", gone])


def _opens(told: Declared, name: str, passphrase: str) -> bool:
    """Whether this passphrase opens a destination; StepError when that cannot be said."""
    [destination] = [each for each in told.destinations if each.name == name]
    try:
        Repository(replace(told, passphrase=passphrase), destination).ask(["cat", "config"])
    except system.StepError as error:
        if "does not open" in error.problem or error.problem in (ABSENT, NO_BUCKET):
            return False
        raise
    return True


STEPS: Dict[str, Callable[[Declared, str, str], None]] = {"add": _add, "use": _use, "drop": _drop}
