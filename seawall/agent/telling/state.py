"""What the telling remembers, in small files that are replaced whole.

They belong to whoever owns the folder, also when root writes them. One that cannot be read counts
as empty: what was sent may then be sent again, and nothing stays untold.
"""

from __future__ import annotations

import fcntl
import json
import os
from contextlib import contextmanager
from typing import Any, Dict, Iterator

from seawall.agent import system
from seawall.agent.telling.outbox import STATE

FOLDER = f"{STATE}/telling"


def load(name: str) -> Dict[str, Any]:
    """A file's content; empty when there is none that can be read."""
    try:
        return dict(json.loads(system.read(f"{FOLDER}/{name}.json") or b"{}"))
    except (ValueError, TypeError):
        return {}


def save(name: str, told: Dict[str, Any]) -> None:
    """Replace a file; OSError when the disk takes no more."""
    ready()
    system.write(f"{FOLDER}/{name}.json", json.dumps(told, indent=1).encode(), ownership())


def forget(name: str) -> None:
    """Remove a file, if it is there."""
    system.remove(f"{FOLDER}/{name}.json")


def ready() -> None:
    """Make the folders, owned by whoever owns the one around them."""
    for path in (STATE, FOLDER, f"{FOLDER}/sending"):
        if not os.path.isdir(path):
            system.private_folder(path)
            _give(path, os.path.dirname(path) if path != STATE else path)


def _give(path: str, like: str) -> None:
    if os.geteuid() == 0:
        around = os.stat(like)
        os.chown(path, around.st_uid, around.st_gid)


def ownership() -> system.Ownership:
    """Whoever owns the folder, and nobody else."""
    around = os.stat(FOLDER)
    return system.Ownership(0o600, around.st_uid, around.st_gid)


@contextmanager
def lock(name: str, *, wait: bool) -> Iterator[bool]:
    """Hold a lock meanwhile; False when somebody else does and we do not `wait`."""
    ready()
    handle = os.open(f"{FOLDER}/{name}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        belongs = ownership()
        if os.geteuid() == 0:
            os.fchown(handle, belongs.uid, belongs.gid)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            yield False
            return
        yield True
    finally:
        os.close(handle)
