"""pm2, for those who use it already: one of root's own, that starts the apps as their own users.

Its folder is closed to others, and holds no secret either: those reach an app past pm2. It starts
at boot by a script in /etc/init.d, with what was saved when a release began to serve.
"""

from __future__ import annotations

import json
import os
from typing import Dict, List, Sequence

from seawall.agent import system
from seawall.agent.apps.kept_state import bare
from seawall.agent.apps.records import App, Release
from seawall.agent.apps.supervisors import Spec
from seawall.agent.apps.supervisors.kept import Kept
from seawall.agent.system import StepError

PROGRAM = "/usr/local/bin/app-pm2"
"""Installed by an apply; `app-pm2 list` and `app-pm2 logs` are for people."""
HOME = "/var/lib/app-pm2"
BOOT = "/etc/init.d/app-pm2"
SCRIPT = f"""\
#!/bin/sh
### BEGIN INIT INFO
# Provides:          app-pm2
# Required-Start:    $local_fs $remote_fs $network
# Required-Stop:     $local_fs $remote_fs $network
# Default-Start:     2 3 4 5
# Default-Stop:      0 1 6
# Short-Description: pm2 with the apps that it keeps
### END INIT INFO
# Written by seawall.
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
case "$1" in
# One start at a time: two that wake pm2 at once leave two of it, and wait for ever.
start) exec flock -o /run/app-pm2.lock "$0" start-alone ;;
start-alone)
  {PROGRAM} ping >/dev/null && {PROGRAM} resurrect >/dev/null || [ ! -e {HOME}/dump.pm2 ] ;;
stop) {PROGRAM} kill >/dev/null ;;
restart | force-reload) "$0" stop && "$0" start ;;
status) kill -0 "$(cat {HOME}/pm2.pid)" 2>/dev/null || exit 3 ;;
*) echo "usage: $0 {{start|stop|restart|force-reload|status}}" >&2; exit 2 ;;
esac
"""
NEVER = 10**9
"""Restarts after which pm2 gives up."""


class Pm2(Kept):
    kind = "pm2"
    folder = f"{HOME}/apps"
    ending = ".json"

    def missing(self) -> str:
        return "" if os.path.exists(PROGRAM) else f"{PROGRAM} is not installed"

    def write(self, app: App, release: Release, spec: Spec) -> None:
        system.private_folder(HOME)
        system.private_folder(self.folder)
        super().write(app, release, spec)

    def text(self, unit: str, told: str, command: str, seconds: int) -> str:
        script, *arguments = command.split()
        program = {
            "name": bare(unit),
            "script": script,
            "args": arguments,
            "interpreter": "none",
            "exec_mode": "fork",
            "cwd": "/",
            "autorestart": True,
            "max_restarts": NEVER,
            "restart_delay": 100,
            "kill_timeout": (seconds + 5) * 1000,
            "treekill": False,
            "vizion": False,
            "pmx": False,
            "out_file": "/dev/null",
            "error_file": "/dev/null",
        }
        return json.dumps({"apps": [program]}, indent=1) + "\n"

    def begin(self, units: Sequence[str]) -> None:
        _wake()
        there = _listed()
        for unit in units:
            if there.get(bare(unit)) == "online":
                continue  # it is on its way
            if bare(unit) in there:
                _pm2("delete", bare(unit))
            _pm2("start", self.path(unit), must=True)

    def at_boot(self, units: Sequence[str]) -> None:
        if not all(map(self.starts_at_boot, units)):
            _save()

    def starts_at_boot(self, unit: str) -> bool:
        saved = system.read(f"{HOME}/dump.pm2") or b""
        return f'"{bare(unit)}"'.encode() in saved and os.path.exists(BOOT)

    def end(self, units: Sequence[str]) -> None:
        if os.path.exists(PROGRAM):
            for unit in units:
                _pm2("delete", bare(unit))
            _save()


def _pm2(*words: str, must: bool = False) -> str:
    done = system.run([PROGRAM, *words], seconds=3700)
    if must and done.code:
        raise StepError(f"pm2 {words[0]} failed", (done.errors or done.output).strip())
    return done.output


def _save() -> None:
    _pm2("save", "--force")
    for name in ("dump.pm2", "dump.pm2.bak"):
        if os.path.exists(f"{HOME}/{name}"):
            os.chmod(f"{HOME}/{name}", 0o600)
    system.run(["sync", f"{HOME}/dump.pm2"])


def _listed() -> Dict[str, str]:
    """What pm2 knows, and how each is."""
    told = _pm2("jlist")
    try:
        found: List[Dict[str, object]] = json.loads(told[told.index("[") :])
        return {str(each["name"]): str(each["pm2_env"]["status"]) for each in found}  # type: ignore[index]
    except (ValueError, LookupError, TypeError):
        return {}


def _wake() -> None:
    """Start pm2 itself where it does not run, as a service that starts at boot."""
    if system.read(BOOT) != SCRIPT.encode():
        system.write(BOOT, SCRIPT.encode(), system.Ownership(0o755, 0, 0))
        system.must(["update-rc.d", "app-pm2", "defaults"])
    if system.run([BOOT, "status"]).code:
        # At boot it is on its way: this waits for it, where a restart would cut it off.
        system.must(["service", "app-pm2", "start"], seconds=120)
    if system.run([BOOT, "status"]).code:
        # It was killed, and systemd takes its script for active.
        system.must(["service", "app-pm2", "restart"], seconds=120)
