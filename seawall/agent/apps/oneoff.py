"""A command beside the serving release: its user, its code, its environment, its limits.

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


def words(name: str, tty: bool) -> Dict[str, Any]:
    """What to write before the command, so that it runs as the app; or why it cannot."""
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
    if containers.FOLLOW in unit.decode("utf-8", "replace"):
        return {"type": "run", "release": serving.number, "words": _in_container(app, serving, tty)}
    how = ["--pty"] if tty else ["--pipe"]
    properties = [f"--property={line}" for line in _service(unit.decode("utf-8", "replace"))]
    run = ["systemd-run", "--quiet", "--wait", "--collect", *how, *properties, "--"]
    return {"type": "run", "release": serving.number, "words": run}


def enter(name: str, words: Sequence[str]) -> int:
    """Run a command as an app whose supervisor is not systemd; its exit code."""
    from seawall.agent.apps import keeper

    app = App(name)
    serving = app.serving()
    if serving is None:
        sys.stderr.write(f"no release of {name} is serving\n")
        return 1
    given = keeper.environment(app, serving.number)
    given["TERM"] = os.environ.get("TERM", "dumb")
    code = keeper.become(app, words, given, cwd=app.code(serving.source)).wait()
    return code if code >= 0 else 128 - code


def _in_container(app: App, serving: Release, tty: bool) -> List[str]:
    spec = json.loads(system.read(app.declared(serving.number)) or b"{}")
    unit = ["systemd-run", "--quiet", "--wait", "--collect", "--pty" if tty else "--pipe", "--"]
    how = ["--interactive", *(["--tty"] if tty else []), "--rm", "--log-driver=none"]
    options = [*confinement.options(app, serving, spec), "--entrypoint="]
    return [*unit, "docker", "run", *how, *options, images.name(app, serving.source)]


def _service(unit: str) -> Iterator[str]:
    inside = False
    for line in unit.splitlines():
        if line.startswith("["):
            inside = line == "[Service]"
        elif inside and line.strip() and not line.startswith(("#", *LEFT_OUT)):
            yield line
