"""Who may change what: one deploy of an app at a time, one choice of ports at a time.

The kernel lets go of a lock when its holder dies, however that happens. Between the login that
brings the code and the unit that does the rest, the note of the owner stands for the lock.
"""

from __future__ import annotations

import fcntl
import json
import math
import time
from contextlib import contextmanager
from typing import Any, Dict, Iterator

from seawall.agent import jobs, system
from seawall.agent.apps.records import App

FOLDER = f"{system.RUN}/deploys"
"""Of no use after a boot, which ends every deploy."""
PATIENCE = 3
"""Seconds to wait for whoever tidies up, which takes a moment; not for another deploy."""
PRIVATE = system.Ownership(0o600, 0, 0)


@contextmanager
def lock(app: App, patience: float = 0) -> Iterator[bool]:
    """Hold an app's lock for a while; False when somebody else holds it for longer (in seconds)."""
    system.private_folder(system.RUN)
    with open(f"{system.RUN}/app-{app.name}.lock", "a") as file:
        yield _locked(file.fileno(), time.monotonic() + patience)


def _locked(handle: int, deadline: float) -> bool:
    if deadline == math.inf:
        fcntl.flock(handle, fcntl.LOCK_EX)
        return True
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)


@contextmanager
def ports() -> Iterator[None]:
    """Held while ports are chosen and written down: apps must not choose the same ones."""
    system.private_folder(system.RUN)
    with open(f"{system.RUN}/app-ports.lock", "a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def owner(app: App) -> Dict[str, Any]:
    """Who began the last deploy of an app, when, and which job carries it out."""
    try:
        return dict(json.loads(system.read(_note(app)) or b"{}"))
    except ValueError:
        return {}


def sign(app: App, who: str, job: str = "") -> None:
    """Write down who is deploying, for whoever comes next."""
    for folder in (system.RUN, FOLDER):
        system.private_folder(folder)
    told = {"owner": who, "since": time.time(), "job": job}
    system.write(_note(app), json.dumps(told).encode(), PRIVATE)


def under_way(app: App) -> bool:
    """True while the unit of a deploy lives, whether or not it has the lock already."""
    return jobs.lives(f"seawall-apply-{owner(app).get('job')}")


def _note(app: App) -> str:
    return f"{FOLDER}/{app.name}.owner"
