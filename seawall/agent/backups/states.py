"""What this server remembers of its backups: the last run of each dataset, and how it went.

It is a memory, not evidence: whether something is stored is read from the destination.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from contextlib import contextmanager
from typing import Any, Dict, Iterator, Set

from seawall.agent import jobs, system
from seawall.agent.backups.declared import PRIVATE, STATE

FILE = f"{STATE}/state.json"
LOCK = f"{STATE}/lock"
SIZES = 7
"""So many sizes are remembered, to see one that shrinks."""


@contextmanager
def alone() -> Iterator[bool]:
    """Hold the one lock of runs, proofs and restores; False when another one is at work."""
    system.private_folder(system.STATE)
    system.private_folder(STATE)
    with open(LOCK, "a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        os.utime(LOCK)
        yield True


def running() -> Any:
    """Since when somebody is at work; None when nobody is."""
    return os.stat(LOCK).st_mtime if jobs.is_held(LOCK) else None


def known() -> Dict[str, Any]:
    """By destination and dataset, what became of the last run; {} when it cannot be read."""
    try:
        return dict(json.loads(system.read(FILE) or b"{}"))
    except (ValueError, TypeError):
        return {}


def well(destination: str) -> Set[str]:
    """The newest snapshot of each dataset there, by the beginnings of their ids, where the last
    run went well; empty otherwise."""
    told = known().get(destination, {}).values()
    if any(each.get("error") for each in told):
        return set()
    return {str(each["snapshot"]) for each in told if each.get("snapshot")}


def note(destination: str, dataset: str, told: Dict[str, Any]) -> None:
    """Remember something of a dataset beside what is known."""
    everything = known()
    before = everything.setdefault(destination, {}).setdefault(dataset, {})
    sizes = list(before.get("sizes", ()))
    if "bytes" in told:
        sizes = [*sizes, told["bytes"]][-SIZES:]
    before.update(told, sizes=sizes)
    if not told.get("error"):
        before["stored"] = told["tried"]
    _write(everything)


def last(what: str, destination: str) -> float:
    """When this was done to a destination last (`pruned`, `read`), 0 for never."""
    return float(known().get(what, {}).get(destination, 0.0))


def did(what: str, destination: str) -> None:
    """Remember that this is done to a destination now."""
    everything = known()
    everything.setdefault(what, {})[destination] = time.time()
    _write(everything)


def _write(everything: Dict[str, Any]) -> None:
    system.private_folder(os.path.dirname(FILE))
    system.write(FILE, json.dumps(everything, indent=1, sort_keys=True).encode(), PRIVATE)
