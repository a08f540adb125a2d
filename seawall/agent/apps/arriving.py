"""A release arrives: received in the foreground, then handed to a unit that outlives its caller."""

from __future__ import annotations

import json
import os
import threading
import time
from contextlib import contextmanager
from typing import IO, Any, Dict, Iterator, List, Optional

from seawall.agent import installed, jobs, system, wire
from seawall.agent.apps import declared, instances, locks, pruning, receive
from seawall.agent.apps.locks import FOLDER
from seawall.agent.apps.records import PRIVATE, App, Release
from seawall.agent.system import StepError


def deploy(document: Dict[str, Any], stream: IO[bytes], agent: bytes) -> Optional[str]:
    """Receive a release, hand the rest to a unit; returns the job to follow.

    The unit starts meanwhile, and waits for the lock; without a document it has nothing to do.
    """
    app = App(document["app"])
    with locks.lock(app, 0 if locks.under_way(app) else locks.PATIENCE) as mine:
        if not mine or locks.under_way(app):
            wire.emit({"type": "busy", **_holder(app)})
            return None
        job = f"{app.name}-{os.getpid()}-{time.time_ns() // 10**6}"
        installed.install(document["sha"], agent)
        locks.sign(app, document.get("owner", ""), job)
        try:
            with _started(document["sha"], job, app.name):
                release = _taken_in(app, document, stream)
                _hand_over(app, job, {**document, "number": release.number})
        except BaseException:
            locks.sign(app, document.get("owner", ""))  # so the job has nothing to do
            raise
    return job


def _taken_in(app: App, document: Dict[str, Any], stream: IO[bytes]) -> Release:
    instances.make_user(app)
    app.make_places()
    release = _received(app, document, stream)
    wire.emit({"type": "release", "number": release.number})
    return release


def _received(app: App, document: Dict[str, Any], stream: IO[bytes]) -> Release:
    """The release to start: an older one, the code of an older one, or new code."""
    if document.get("again") is not None:
        again = app.release(document["again"])
        if again is None:
            raise StepError(f"release {document['again']} of {app.name} is not here any more")
        return again
    number = max([document.get("number") or 1, *(each.number + 1 for each in app.releases())])
    if document.get("restart"):
        return app.note(declared.repeated(app, number))
    source = document.get("source") or number
    if source != number and not os.path.isdir(app.code(source)):
        raise StepError(f"the code of release {source} of {app.name} is not here any more")
    told = {key: document["release"].get(key, "") for key in ("sha", "author", "build")}
    release = Release(number, source, made=time.time(), **told)
    if source == number and document["bytes"]:
        _make_room(app, document)
        receive.unpack(app, release, stream, document["bytes"])
    return app.note(release)


def _make_room(app: App, document: Dict[str, Any]) -> None:
    """Every deploy takes away what it leaves over; only what was interrupted did not."""
    try:
        receive.room(app.folder, document["bytes"] * receive.UNPACKED)
    except StepError:
        pruning.prune(app, document["spec"]["keep"])


def _holder(app: App) -> Dict[str, Any]:
    known = locks.owner(app)
    since = round(time.time() - known.get("since", time.time()))
    return {"owner": known.get("owner", ""), "since": since}


def _hand_over(app: App, job: str, document: Dict[str, Any]) -> None:
    for name in os.listdir(FOLDER):
        if name.rpartition("-")[0].rpartition("-")[0] == app.name and not name.startswith(job):
            system.remove(f"{FOLDER}/{name}")
    system.write(f"{FOLDER}/{job}.json", json.dumps(document).encode(), PRIVATE)


@contextmanager
def _started(sha: str, job: str, name: str) -> Iterator[None]:
    """Start what carries out a job in the meantime; StepError when it cannot be started."""
    agent = ["/usr/bin/python3", "-I", "-S", installed.path(sha)]
    words = (f"seawall-apply-{job}", [*agent, "deploy", job], [*agent, "settle", name])
    failed: List[StepError] = []

    def begin() -> None:
        try:
            jobs.begin(*words)
        except StepError as error:
            failed.append(error)

    starting = threading.Thread(target=begin)
    starting.start()
    try:
        yield
    finally:
        starting.join()
    if failed:
        raise failed[0]
