"""Supervisor, as Debian packages it: a program in its configuration for each instance.

It starts the app again within the second in which it next looks. An app that ends at once counts
as started, so that it is never given up.
"""

from __future__ import annotations

import os
import time
from typing import Sequence

from seawall.agent import system
from seawall.agent.apps.kept_state import bare
from seawall.agent.apps.supervisors.kept import Kept
from seawall.agent.system import StepError

PROGRAM = """\
; Written by seawall; seawall deploy makes a new one. {told}.
[program:{name}]
command={command}
directory=/
autostart=true
autorestart=true
startsecs=0
startretries=1000000
stopsignal=TERM
stopwaitsecs={patience}
redirect_stderr=true
stdout_logfile=/var/log/supervisor/{name}.log
stdout_logfile_maxbytes=1MB
stdout_logfile_backups=0
"""


class Supervisord(Kept):
    kind = "supervisor"
    folder = "/etc/supervisor/conf.d"
    ending = ".conf"

    def missing(self) -> str:
        there = os.path.isdir(self.folder) and os.path.exists("/usr/bin/supervisorctl")
        return "" if there else "the package supervisor is not installed"

    def text(self, unit: str, told: str, command: str, seconds: int) -> str:
        name, patience = bare(unit), seconds + 5
        return PROGRAM.format(name=name, told=told, command=command, patience=patience)

    def begin(self, units: Sequence[str]) -> None:
        _wake()
        told = _ask("reread")
        if "ERROR" in told:
            raise StepError("supervisor cannot read its configuration", told)
        for unit in units:
            added = _ask("add", bare(unit))
            if "already" in added:
                added = _ask("start", bare(unit))
            if "ERROR" in added and "already" not in added:
                raise StepError(f"supervisor does not start {bare(unit)}", added)

    def end(self, units: Sequence[str]) -> None:
        for unit in units:
            _ask("stop", bare(unit))
            system.remove(self.path(unit))
        if units:
            _ask("reread")
        for unit in units:
            _ask("remove", bare(unit))


def _ask(*words: str) -> str:
    done = system.run(["supervisorctl", *words], seconds=3700)
    return (done.output + done.errors).strip()


def _wake() -> None:
    """Start Supervisor itself where it does not run."""
    if "refused" in (told := _ask("pid")) or "no such file" in told:
        system.run(["service", "supervisor", "restart"])
        deadline = time.monotonic() + 10
        while not _ask("pid").isdigit() and time.monotonic() < deadline:
            time.sleep(0.1)
