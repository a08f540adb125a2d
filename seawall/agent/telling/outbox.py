"""The outbox: what was put into it is told, whatever dies in between.

One file a message, written beside, synced and renamed, so that a power cut leaves all of it or
nothing. It stays until every channel that it is meant for has it. Where there is an own user for
this, the folder is that user's, and so is whatever root puts there.
"""

from __future__ import annotations

import os
from typing import List

from seawall.agent import system
from seawall.agent.telling.message import Message, cleaned, decode

STATE = "/var/lib/seawall-monitor"
"""What is known of this server over time. Nobody reads it but root and the monitor's user."""
FOLDER = f"{STATE}/outbox"
BELL = "ring"
MOST = 1000
"""Messages that may wait; beyond, something is wrong with whoever puts them."""


def put(message: Message, folder: str = "") -> bool:
    """Hand over a message; False when the same one waits already. OSError when it could not be
    kept (no room on the disk, too many waiting): then try again later, it is not told."""
    folder = folder or FOLDER
    _make(folder)
    path = f"{folder}/{int(message.at * 1000):015d}-{message.id}.json"
    waiting = names(folder)
    if any(name.endswith(f"-{message.id}.json") for name in waiting):
        return False
    if len(waiting) >= MOST:
        raise OSError(f"{len(waiting)} messages wait already")
    owner = os.stat(folder)
    belongs = system.Ownership(0o600, owner.st_uid, owner.st_gid)
    system.write(path, cleaned(message).encode(), belongs)
    ring(folder)
    return True


def ring(folder: str = "") -> None:
    """Ask for a look into the outbox: a file that starts the unit as long as it is there, so that
    nobody is missed who rings while it ends. Without it the timer comes, a minute later."""
    bell = f"{os.path.dirname(folder or FOLDER)}/{BELL}"
    try:
        handle = os.open(bell, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        os.close(handle)
    except OSError:
        pass


def rung() -> bool:
    """True once for whoever rang since the last time."""
    try:
        os.unlink(f"{os.path.dirname(FOLDER)}/{BELL}")
    except OSError:
        return False
    return True


def _make(folder: str) -> None:
    """Make the folder, owned by whoever owns the one around it."""
    if os.path.isdir(folder):
        return
    os.makedirs(folder, mode=0o700, exist_ok=True)
    os.chmod(folder, 0o700)
    around = os.stat(os.path.dirname(folder))
    if os.geteuid() == 0:
        os.chown(folder, around.st_uid, around.st_gid)


def names(folder: str = "") -> List[str]:
    """The files of all that waits, oldest message first."""
    try:
        found = os.listdir(folder or FOLDER)
    except FileNotFoundError:
        return []
    return sorted(name for name in found if name.endswith(".json") and name[0] != ".")


def waiting(folder: str = "") -> List[Message]:
    """All that waits, oldest first. What is no message is put aside, as NAME.unreadable."""
    found, folder = [], folder or FOLDER
    for name in names(folder):
        content = system.read(f"{folder}/{name}")
        if content is None:
            continue
        try:
            found.append(decode(content))
        except ValueError:
            os.rename(f"{folder}/{name}", f"{folder}/{name}.unreadable")
    return found


def drop(message: Message, folder: str = "") -> None:
    """Forget a message that needs not be told any more."""
    for name in names(folder):
        if name.endswith(f"-{message.id}.json"):
            system.remove(f"{folder or FOLDER}/{name}")
