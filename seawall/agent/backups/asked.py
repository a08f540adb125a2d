"""What a person asks of a server's data over ssh: to save or prove it now, or to tell of it.

Work goes on when the connection drops: it is a unit's, and followed like an apply.
"""

from __future__ import annotations

import json
import os
import time
from typing import Any, Dict

from seawall.agent import installed, job, jobs, system, wire
from seawall.agent.backups import judging, telling, work
from seawall.agent.backups.declared import PRIVATE, STATE, Declared, declared

KEYS = ("verb", "datasets", "restore", "reading")
"""What a unit is told of what was asked for."""
FOLDER = f"{STATE}/job"


def answer(document: Dict[str, Any], agent: bytes) -> None:
    """Do what a document asks for, and stream what happens."""
    try:
        told = declared()
        asked = document.get("restore", {})
        told.chosen([asked["dataset"]] if asked else list(document.get("datasets", ())))
        if document["verb"] == "list":
            return _list(told)
        if document["verb"] in ("show", "diff"):
            return _told(told, document)
    except system.StepError as error:
        return wire.emit({"type": "failed", "problem": error.problem, "output": error.output})
    return job.follow(_started(document, agent), FOLDER)


def _told(told: Declared, document: Dict[str, Any]) -> None:
    runs = [str(run) for run in document["runs"]]
    if document["verb"] == "diff":
        older, newer = runs
        return wire.emit({"type": "told", **telling.changed(told, older, newer)})
    return wire.emit({"type": "told", **telling.shown(told, runs)[0]})


def _list(told: Declared) -> None:
    """Tell of every set that the first destination holds, newest first, and how data stands."""
    answers = judging.answers(told)
    first = answers[told.destinations[0].name]
    if "error" in first:
        raise system.StepError(first["error"])
    copies = [
        {"run": each.run, "time": each.time, "datasets": each.dumps, "missing": list(each.missing)}
        for each in reversed(first["sets"])
    ]
    wire.emit({"type": "copies", "copies": copies, "facts": judging.judged(told, answers)})


def _started(document: Dict[str, Any], agent: bytes) -> str:
    """The name of the job that does it."""
    name = f"data-{int(time.time())}-{os.getpid()}"
    installed.install(document["sha"], agent)
    for folder in (system.STATE, STATE, FOLDER):
        system.private_folder(folder)
    for old in os.listdir(FOLDER):
        system.remove(f"{FOLDER}/{old}")
    asked = {key: document[key] for key in KEYS if key in document}
    system.write(f"{FOLDER}/{name}.json", json.dumps(asked).encode(), PRIVATE)
    agent_path = installed.path(document["sha"])
    gently = ["/usr/bin/nice", "-n", "5", "/usr/bin/python3", "-I", "-S", agent_path]
    jobs.begin(f"seawall-apply-{name}", [*gently, "asked", name])
    return name


def carry_out(name: str) -> int:
    """Do what was handed over; called by its unit."""
    emit = wire.recorder(f"{FOLDER}/{name}.events")
    asked = json.loads(system.read(f"{FOLDER}/{name}.json") or b"{}")
    code = work.work(asked["verb"], asked, emit)
    emit({"type": "done", "changed": 0} if code == 0 else {"type": "failed", "problem": WHY[code]})
    return code


WHY = {1: "not everything is safe", work.BUSY: "another run is under way"}
