"""Where the agent begins: asked over ssh with a document, or by one of its own units."""

from __future__ import annotations

import importlib
import json
import os
import sys
import traceback
from typing import Any, Callable, Dict, List

from seawall.agent import wire


def answer(raw: bytes, agent: bytes) -> None:
    """Do what a document asks for and stream the events; whatever goes wrong is an event too."""
    try:
        document = json.loads(raw)
        wire.emit({"type": "hello", "user": os.geteuid(), "sha": document["sha"]})
        _answer(document, agent)
        if document.get("stays"):
            return _answer_next(agent)
    except Exception as error:
        story = traceback.format_exc()
        wire.emit({"type": "crash", "problem": f"{type(error).__name__}: {error}", "output": story})
    return None


def _answer_next(agent: bytes) -> None:
    """Wait for another document on the same connection, until it is closed."""
    header = sys.stdin.buffer.readline().split()
    if len(header) == 4:
        answer(sys.stdin.buffer.read(int(header[2])), agent)


def _answer(document: Dict[str, Any], agent: bytes) -> None:
    mode = document["mode"]
    if mode == "look":
        _look(document)
    elif mode == "apply":
        from seawall.agent import job

        job.apply(document, agent)
    elif mode == "deploy":
        _deploy(document, agent)
    elif mode in ("apps", "run", "exec", "identity", "history"):
        wire.emit(_told(mode, document))
    elif mode == "data":
        from seawall.agent.backups import asked

        asked.answer(document, agent)
    elif mode in ANSWERING:
        importlib.import_module(ANSWERING[mode]).answer(document)
    elif mode == "remove":
        from seawall.agent import removal

        removal.remove()


ANSWERING = {
    "rebuild": "seawall.agent.backups.rebuilding",
    "rekey": "seawall.agent.backups.rekeying",
    "alerts": "seawall.agent.telling.asked",
}
"""Who answers the rest."""


def _told(mode: str, document: Dict[str, Any]) -> Dict[str, Any]:
    """What is answered in one event."""
    if mode == "apps":
        from seawall.agent.apps import looking, proxied

        seen = looking.look(document.get("app", ""))
        return {"type": "apps", "apps": seen, "hosts": proxied.hosts()}
    if mode in ("run", "exec"):
        from seawall.agent.apps import oneoff

        return oneoff.words(document["app"], document["tty"], mode == "exec")
    if mode == "history":
        from seawall.agent.monitor import asking

        return asking.answer(document)
    from seawall.agent import identity

    return identity.tell()


def _deploy(document: Dict[str, Any], agent: bytes) -> None:
    from seawall.agent import job
    from seawall.agent.apps import arriving, locks, looking
    from seawall.agent.system import StepError

    try:
        started = arriving.deploy(document, sys.stdin.buffer, agent)
    except StepError as error:
        told = {"problem": error.problem, "output": error.output}
        return wire.emit({"type": "failed", **told, **looking.serves(document["app"])})
    if started:
        job.follow(started, locks.FOLDER)
    return None


def _look(document: Dict[str, Any]) -> None:
    """What would change and what is true; leaves nothing behind."""
    if document.get("steps") is not None:
        from seawall.agent import plan

        steps = plan.items(document["steps"])
        planned = plan.compare(steps)
        asked = planned and document["preflight"]
        reasons = plan.missing(steps, document["now"]) if asked else []
        wire.emit(plan.message(document["steps"], planned, reasons))
    if document.get("probes"):
        from seawall.agent import probes

        wire.emit({"type": "facts", "facts": probes.run(document["probes"])})
    wire.emit({"type": "done", "changed": 0})


def _carry_out(job: str) -> int:
    from seawall.agent.apps import deploy
    from seawall.agent.monitor import windows

    app = job.rpartition("-")[0].rpartition("-")[0]
    with windows.under_way(f"deploy-{app}", f"a deploy of {app}"):
        deploy.run(job, os.path.abspath(sys.argv[0]))
    return 0


def _settle(name: str) -> int:
    from seawall.agent.apps import settling

    settling.settled(name)
    return 0


def _watch() -> int:
    from seawall.agent.apps import watch

    return watch.run()


def _keep(unit: str, kind: str, seconds: str) -> int:
    from seawall.agent.apps import keeper

    return keeper.keep(unit, kind, float(seconds))


def _kept(unit: str) -> int:
    from seawall.agent.apps import keeper

    return keeper.told(unit)


def _enter(name: str, *words: str) -> int:
    from seawall.agent.apps import oneoff

    return oneoff.enter(name, words)


def _logs(name: str, wanted: str) -> int:
    from seawall.agent.apps import reading

    return reading.show(name, wanted)


OF_APPS: Dict[str, Callable[..., int]] = {
    "deploy": _carry_out,
    "settle": _settle,
    "watch": _watch,
    "keep": _keep,
    "kept": _kept,
    "enter": _enter,
    "logs": _logs,
}
"""What units, init scripts and people's own machines ask of an app."""


def command(arguments: List[str]) -> int:
    """Called by a unit, or by the second login that proves a guarded change."""
    from seawall.agent import guard, job

    if arguments[:1] == ["run"]:
        job.run(arguments[1], os.path.abspath(sys.argv[0]))
    elif arguments[:1] and arguments[0] in OF_APPS:
        return OF_APPS[arguments[0]](*arguments[1:])
    elif arguments[:1] == ["tell"]:
        return _tell()
    elif arguments[:1] in (["due"], ["asked"]):
        return _data(arguments)
    elif arguments[:1] == ["revert"]:
        guard.revert()
    elif arguments[:1] == ["guard"]:
        guard.watch()
    elif arguments[:1] == ["prove"]:
        proven = guard.prove(arguments[1])
        wire.emit({"type": "proven" if proven else "late"})
        return 0 if proven else 1
    else:
        sys.stderr.write("this is Seawall's agent; `seawall` on your own machine talks to it\n")
        return 2
    return 0


def _tell() -> int:
    """What somebody must be told."""
    from seawall.agent.telling import tell

    return tell.run()


def _data(arguments: List[str]) -> int:
    """What is done for the data of this server."""
    from seawall.agent.backups import asked, work

    if arguments[0] == "asked":
        return asked.carry_out(arguments[1])
    return work.work("due", {}, wire.emit)
