"""Takes everything of ours away; people, firewall and apps stay as they are."""

from __future__ import annotations

import glob
import os
import shutil

from seawall.agent import guard, installed, system, wire
from seawall.agent.job import lock
from seawall.agent.monitor import windows

UNITS = "/etc/systemd/system/seawall-*"
SCRATCH = "/var/lib/seawall-scratch"
CACHES = "/var/cache/seawall"
CRONS = "/etc/cron.d/seawall-*"
ACCOUNT = "seawall-monitor"
MONITOR = f"/var/lib/{ACCOUNT}"


def remove() -> None:
    """Stop our units, remove our files; says what was taken."""
    with lock() as mine:
        if not mine:
            return wire.emit({"type": "busy", "owner": "", "since": 0})
        if guard.armed():
            guard.revert()
        units = _units()
        taken = [*_folders(), *units]
    for folder in (system.RUN, windows.FOLDER):
        shutil.rmtree(folder, ignore_errors=True)
    return wire.emit({"type": "done", "changed": len(taken), "taken": taken})


def _units() -> list[str]:
    units = sorted(glob.glob(UNITS))
    for path in units:
        system.run(["systemctl", "disable", "--now", os.path.basename(path)])
        system.remove(path)
    if units:
        system.run(["systemctl", "daemon-reload"])
    crons = sorted(glob.glob(CRONS))
    for path in crons:
        system.remove(path)
    if system.run(["getent", "passwd", ACCOUNT]).code == 0:
        system.run(["userdel", ACCOUNT])  # nobody can log in to it, and nothing of it is left
    return [*units, *crons]


def _folders() -> list[str]:
    ours = (installed.FOLDER, "/etc/seawall", system.STATE, SCRATCH, CACHES, MONITOR)
    there = [path for path in ours if os.path.isdir(path)]
    for path in there:
        shutil.rmtree(path)
    return there
