"""The guard: a change that could lock everybody out undoes itself unless a login is proven.

Before the change, every file it touches is saved and an alarm is set. A *second, new*
connection has to come in and say so; otherwise the files come back, 60 s later, also when the
agent was killed, and at the next boot when the server was restarted in between.
"""

from __future__ import annotations

import base64
import fcntl
import json
import os
import stat
import time
from contextlib import contextmanager
from typing import Any, Dict, Iterator, List, Optional

from seawall.agent import alarm, journal, system
from seawall.agent.steps import Step, decode, encode, homes
from seawall.agent.steps.units import notify

FOLDER = f"{system.STATE}/guard"
ARMED = f"{FOLDER}/armed.json"
PROVEN = f"{FOLDER}/proven"
UNDONE = f"{FOLDER}/undone"
WINDOW = 60
"""Seconds in which the second login has to be proven."""


def arm(job: str, steps: List[Step], agent: str) -> None:
    """Save what the steps touch and set the alarm that will bring it back."""
    system.private_folder(FOLDER)
    for stale in (PROVEN, UNDONE):
        system.remove(stale)
    saved = {path: _save(path) for step in steps for path in step.touches()}
    document = {"job": job, "files": saved, "steps": [encode(step) for step in steps]}
    system.write(ARMED, json.dumps(document).encode(), system.Ownership(0o600, 0, 0))
    alarm.set_for(WINDOW, ARMED, agent)


def _save(path: str) -> Optional[Dict[str, Any]]:
    """A file as it is, so that it can be brought back; key files are read with care."""
    person = homes.owner_of(path)
    content = homes.read_keys(person) if person else system.read(path)
    if content is None or (person and content == homes.NO_FILE):
        return None
    seen = os.lstat(path)
    return {
        "content": base64.b64encode(content).decode(),
        "ownership": [stat.S_IMODE(seen.st_mode), seen.st_uid, seen.st_gid],
    }


@contextmanager
def _alone() -> Iterator[None]:
    """A proof and an undoing must not cross."""
    system.private_folder(FOLDER)
    with open(f"{FOLDER}/lock", "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def armed() -> Optional[Dict[str, Any]]:
    """What the guard would bring back, or None when it is not armed."""
    content = system.read(ARMED)
    return json.loads(content) if content else None


def prove(job: str) -> bool:
    """A second login came in: the change of this job stays. False when it is already undone."""
    with _alone():
        document = armed()
        if document is None or document["job"] != job:
            return False
        system.write(PROVEN, job.encode(), system.Ownership(0o600, 0, 0))
        _disarm()
        return True


def wait(job: str) -> bool:
    """Wait until the change of this job is proven or undone; True when it stays."""
    deadline = time.monotonic() + WINDOW + 30
    while time.monotonic() < deadline:
        if system.read(PROVEN) == job.encode():
            return True
        if os.path.exists(UNDONE):
            return False
        time.sleep(0.05)
    revert()
    return False


def revert() -> bool:
    """Bring back every file of an unproven change, and let units take notice."""
    with _alone():
        document = armed()
        if document is None:
            return False
        for path, saved in document["files"].items():
            _bring_back(path, saved)
        steps = [decode(step) for step in document["steps"]]
        _take_notice(steps)
        system.write(UNDONE, document["job"].encode(), system.Ownership(0o600, 0, 0))
        _disarm()
        return True


def _bring_back(path: str, saved: Optional[Dict[str, Any]]) -> None:
    person = homes.owner_of(path)
    if saved is None:
        return homes.remove_keys(person) if person else system.remove(path)
    content = base64.b64decode(saved["content"])
    if person:
        return homes.write_keys(person, content)
    return system.write(path, content, system.Ownership(*saved["ownership"]))


def _take_notice(steps: List[Step]) -> None:
    """As many units as possible; one that fails must not keep the others from coming back."""
    for step in steps:
        step.undo()
    for unit in {name for step in steps for name in (*step.reload, *step.restart)}:
        try:
            notify([unit], [])
        except system.StepError as error:
            system.write(f"{FOLDER}/trouble", str(error).encode(), system.Ownership(0o600, 0, 0))
    journal.forgive()


def _disarm() -> None:
    system.remove(ARMED)
    alarm.cancel()


def watch() -> None:
    """Wait until the window of the armed change is over, then undo it; kept alive by init."""
    with alarm.awake():
        while armed() and alarm.left() > 0:
            time.sleep(0.1)
        if not revert():
            alarm.cancel()
