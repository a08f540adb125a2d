"""A command beside the serving release, or inside it: its user, code, environment and limits.

They are read from the release's own unit, so that a one-off may do exactly what the app may; the
secrets reach it through systemd and never stand in an argument.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any, Dict, Iterator, List, Sequence

from seawall.agent import system
from seawall.agent.apps import confinement, containers, images
from seawall.agent.apps.records import App, Release
from seawall.agent.apps.watch import AGENT

LEFT_OUT = (
    "ExecStart=",
    "Restart",
    "RuntimeDirectory",
    "Type=",
    "KillMode=",
    "SyslogIdentifier=",
    "TimeoutStopSec=",
)


def words(name: str, tty: bool, inside: bool) -> Dict[str, Any]:
    """What to write before the command, so that it runs as the app; or why it cannot.

    Inside means in the first instance: its container, or the /tmp that systemd gave it.
    """
    app = App(name)
    serving = app.serving()
    if serving and serving.static:
        return {"type": "failed", "problem": f"{name} is a folder of files: nothing of it runs"}
    if serving and serving.supervisor != "systemd":
        enter = ["/usr/bin/python3", "-I", "-S", AGENT, "enter", name]
        return {"type": "run", "release": serving.number, "words": enter, "plain": True}
    unit = serving and system.read(f"/etc/systemd/system/{app.unit(serving, 1)}")
    if not serving or not unit:
        return {"type": "failed", "problem": f"no release of {name} is serving"}
    instance = app.unit(serving, 1)
    if inside and system.run(["systemctl", "is-active", instance]).code != 0:
        problem = f"{name} does not run: release {serving.number} ended"
        return {"type": "failed", "problem": problem, "stopped": True}
    written = unit.decode("utf-8", "replace")
    after = _inside(instance, written, tty) if inside else _beside(app, serving, written, tty)
    start = ["systemd-run", "--quiet", "--wait", "--collect", "--pty" if tty else "--pipe"]
    return {"type": "run", "release": serving.number, "words": [*start, *after]}


def _inside(instance: str, unit: str, tty: bool) -> List[str]:
    if containers.FOLLOW in unit:  # our runtime brings the environment
        name = containers.container_of(instance)
        return ["--", "docker", "exec", *_terminal(tty), name]
    return [*_properties(unit), f"--property=JoinsNamespaceOf={instance}", "--"]


def _beside(app: App, serving: Release, unit: str, tty: bool) -> List[str]:
    if containers.FOLLOW in unit:
        return ["--", *_in_container(app, serving, tty)]
    return [*_properties(unit), "--"]


def enter(name: str, words: Sequence[str]) -> int:
    """Run a command as an app whose supervisor is not systemd; its exit code."""
    from seawall.agent.apps import keeper

    app = App(name)
    serving = app.serving()
    if serving is None:
        sys.stderr.write(f"no release of {name} is serving\n")
        return 1
    given = keeper.environment(app, serving.number)
    given["INSTANCE"] = "1"
    if serving.ports and serving.ports[0]:
        given["PORT"] = str(serving.ports[0])
    given["TERM"] = os.environ.get("TERM", "dumb")
    code = keeper.become(app, words, given, cwd=app.code(serving.source)).wait()
    return code if code >= 0 else 128 - code


def _in_container(app: App, serving: Release, tty: bool) -> List[str]:
    spec = json.loads(system.read(app.declared(serving.number)) or b"{}")
    how = [*_terminal(tty), "--rm", "--log-driver=none"]
    options = [*confinement.options(app, serving, spec), "--entrypoint="]
    return ["docker", "run", *how, *options, images.name(app, serving.source)]


def _terminal(tty: bool) -> List[str]:
    return ["--interactive", *(["--tty"] if tty else [])]


def _properties(unit: str) -> List[str]:
    return [f"--property={line}" for line in _service(unit)]


def _service(unit: str) -> Iterator[str]:
    inside = False
    for line in unit.splitlines():
        if line.startswith("["):
            inside = line == "[Service]"
        elif inside and line.strip() and not line.startswith(("#", *LEFT_OUT)):
            yield line
