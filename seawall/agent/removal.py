"""Takes everything of ours away; people, firewall and apps stay as they are."""

from __future__ import annotations

import glob
import os
import shutil

from seawall.agent import guard, installed, system, wire
from seawall.agent.job import lock

UNITS = "/etc/systemd/system/seawall-*"
SCRATCH = "/var/lib/seawall-scratch"
CACHES = "/var/cache/seawall"
MONITOR = "/var/lib/seawall-monitor"


def remove() -> None:
    """Stop our units, remove our files; says what was taken."""
    with lock() as mine:
        if not mine:
            return wire.emit({"type": "busy", "owner": "", "since": 0})
        if guard.armed():
            guard.revert()
        taken = [*_units(), *_folders()]
    shutil.rmtree(system.RUN, ignore_errors=True)
    return wire.emit({"type": "done", "changed": len(taken), "taken": taken})


def _units() -> list[str]:
    units = sorted(glob.glob(UNITS))
    for path in units:
        system.run(["systemctl", "disable", "--now", os.path.basename(path)])
        system.remove(path)
    if units:
        system.run(["systemctl", "daemon-reload"])
    return units


def _folders() -> list[str]:
    ours = (installed.FOLDER, "/etc/seawall", system.STATE, SCRATCH, CACHES, MONITOR)
    there = [path for path in ours if os.path.isdir(path)]
    for path in there:
        shutil.rmtree(path)
    return there
