"""An apply: planned in the foreground, carried out by a unit of its own, followed by its caller.

A dropped connection does not stop it half way; the next apply joins it. One at a time: a lock
that the kernel lets go of when its holder dies, with the name of the holder beside it.
"""

from __future__ import annotations

import fcntl
import json
import os
import select
import sys
import time
from contextlib import contextmanager
from typing import Any, Dict, Iterator, List, Optional

from seawall.agent import applied, guard, installed, jobs, system, wire
from seawall.agent.converge import Job, Undone, converge
from seawall.agent.monitor import windows
from seawall.agent.plan import Item, Planned, compare, digest, items, message, missing
from seawall.agent.steps.binary import Binary, receive

FOLDER = f"{system.STATE}/job"
OWNER = f"{FOLDER}/owner.json"
LOCK = f"{system.RUN}/lock"
PRIVATE = system.Ownership(0o600, 0, 0)
ENDINGS = ("done", "failed")
SILENCE = 5
"""Seconds without an event after which we look whether the job still lives."""
PATIENCE = 3
"""Seconds to wait for a lock that nobody seems to hold for long."""


@contextmanager
def lock(patience: float = PATIENCE) -> Iterator[bool]:
    """Hold the lock for a while; False when an apply is under way."""
    system.private_folder(system.RUN)
    with open(LOCK, "a") as file:
        yield _locked(file.fileno(), time.monotonic() + patience)


def _locked(handle: int, deadline: float) -> bool:
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            if lives(owner().get("job")) or time.monotonic() > deadline:
                return False
            time.sleep(0.1)


def owner() -> Dict[str, Any]:
    """Who holds the lock, since when, for which job."""
    try:
        return dict(json.loads(system.read(OWNER) or b"{}"))
    except ValueError:
        return {}


def lives(job: Optional[str]) -> bool:
    """True while the unit that carries out a job is there."""
    return bool(job) and jobs.lives(f"seawall-apply-{job}")


def apply(document: Dict[str, Any], agent: bytes) -> None:
    """Plan, and when something is not true, hand the work to a unit and follow it."""
    with lock() as mine:
        if not mine:
            return _join(document)
        guard.revert()
        steps = items(document["steps"])
        planned = compare(steps)
        if not _agreed(document, steps, planned):
            return None
        if planned:
            _fetch(steps)
        job = _hand_over(document, agent) if planned else None
    if job is None:
        return wire.emit({"type": "done", "changed": 0})
    path = installed.path(document["sha"])
    jobs.begin(f"seawall-apply-{job}", ["/usr/bin/python3", "-I", path, "run", job])
    return follow(job)


def _fetch(steps: List[Item]) -> None:
    """Ask the caller for programs that no package brings."""
    wanted = {step.needs() for _, step in steps if isinstance(step, Binary)} - {None}
    for absent in wanted:
        wire.emit({"type": "need", "digest": absent, "machine": os.uname().machine})
        receive(sys.stdin.buffer, str(absent))


def _agreed(document: Dict[str, Any], steps: List[Item], planned: List[Planned]) -> bool:
    """Say the plan; True when it is the one that was shown and nothing stands in the way."""
    reasons = missing(steps, document.get("now", time.time())) if planned else []
    said = message(document["steps"], planned, reasons)
    wire.emit(said)
    if reasons:
        wire.emit({"type": "refused"})
    elif document.get("expect") not in (None, said["hash"]):
        wire.emit({"type": "changed"})
    else:
        return True
    return False


def _hand_over(document: Dict[str, Any], agent: bytes) -> str:
    """Write down the work for the unit that will carry it out; returns the job's name."""
    job = f"{int(time.time())}-{os.getpid()}"
    installed.install(document["sha"], agent)
    system.private_folder(system.STATE)
    system.private_folder(FOLDER)
    for name in os.listdir(FOLDER):
        system.remove(f"{FOLDER}/{name}")
    system.write(f"{FOLDER}/{job}.json", json.dumps(document).encode(), PRIVATE)
    return job


def run(job: str, agent: str) -> None:
    """Carry out the work that was handed over; called by its unit."""
    emit = wire.recorder(f"{FOLDER}/{job}.events")
    path = f"{FOLDER}/{job}.json"
    document = json.loads(system.read(path) or b"null")
    system.remove(path)  # it may hold secrets; an interrupted apply is planned anew
    with lock() as mine:
        if not mine or document is None:
            return emit({"type": "failed", "problem": "another apply was faster"})
        told = {"job": job, "owner": document.get("owner", ""), "since": time.time()}
        told["hash"] = digest(document["steps"], [])
        system.write(OWNER, json.dumps(told).encode(), PRIVATE)
        return _carry_out(document, Job(job, agent, emit))


def _carry_out(document: Dict[str, Any], job: Job) -> None:
    try:
        steps = items(document["steps"])
        with windows.under_way("apply", "seawall apply"):
            changed = converge(steps, job)
        applied.note(step for _, step in steps)
    except Undone:
        job.emit({"type": "failed", "undone": True, "problem": "no second login came in"})
    except system.StepError as error:
        job.emit({"type": "failed", "problem": error.problem, "output": error.output})
    except Exception as error:
        job.emit({"type": "failed", "problem": f"{type(error).__name__}: {error}", "bug": True})
        raise
    else:
        job.emit({"type": "done", "changed": changed})


def _join(document: Dict[str, Any]) -> None:
    """Follow the apply that is under way when it does the same; say who it is otherwise."""
    holder = owner()
    same = holder.get("hash") == digest(document["steps"], [])
    since = round(time.time() - holder.get("since", time.time()))
    told = {"owner": holder.get("owner", ""), "since": since}
    wire.emit({"type": "joined" if same else "busy", **told})
    if same:
        follow(holder["job"])


def follow(job: str, folder: str = FOLDER) -> None:
    """Stream the events of a job until it ends; a line `undo` brings guarded changes back."""
    for line in _lines(job, folder):
        event = json.loads(line)
        wire.emit(event)
        if event["type"] in ENDINGS:
            return
    wire.emit({"type": "failed", "problem": "the work was killed", "died": True})


def _lines(job: str, folder: str) -> Iterator[str]:
    """Every line of a job's events, as they come, until the job is gone."""
    position, rest, spoke = 0, "", time.monotonic()
    while True:
        content = (system.read(f"{folder}/{job}.events") or b"").decode("utf-8", "replace")
        new, position = content[position:], len(content)
        *whole, rest = (rest + new).split("\n")
        yield from whole
        if new:
            spoke = time.monotonic()
        elif time.monotonic() - spoke > SILENCE:
            if not lives(job):
                return
            spoke = time.monotonic()
        _listen()


def _listen() -> None:
    """Wait a moment; when the caller says `undo`, bring back at once what is guarded."""
    if not select.select([sys.stdin], [], [], 0.02)[0]:
        return
    word = os.read(sys.stdin.fileno(), 64)
    if word.startswith(b"undo"):
        guard.revert()
    elif not word:
        time.sleep(0.02)  # nobody is listening any more: the timer decides
