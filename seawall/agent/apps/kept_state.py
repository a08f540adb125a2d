"""What a keeper writes down about its instance, and how it is told to stop.

A keeper holds a lock for as long as it lives, so that no process id is trusted alone. What belongs
to an instance is known by a variable in its environment, as systemd knows it by its control group.
"""

from __future__ import annotations

import fcntl
import json
import os
import pwd
import re
import signal
from typing import Any, Dict, Iterator, List

from seawall.agent import system

FOLDER = "/run/apps"
"""Root only; empty after a boot."""
MARK = "APP_INSTANCE"
PRIVATE = system.Ownership(0o600, 0, 0)


def bare(unit: str) -> str:
    """The name of an instance: `app-shop-3-1` of `app-shop-3-1.service`."""
    return unit[: -len(".service")] if unit.endswith(".service") else unit


def place(unit: str, ending: str) -> str:
    """A file about an instance."""
    system.private_folder(FOLDER)
    return f"{FOLDER}/{bare(unit)}.{ending}"


def read(unit: str) -> Dict[str, Any]:
    """What its keeper wrote: kind, keeper, child, count, ended (monotonic), how."""
    try:
        return dict(json.loads(system.read(place(unit, "json")) or b"{}"))
    except ValueError:
        return {}


def write(unit: str, state: Dict[str, Any]) -> None:
    """Replace what is written, without a disk in between."""
    path = place(unit, "json")
    with open(f"{path}.new", "w") as file:
        json.dump(state, file)
    os.rename(f"{path}.new", path)


def forget(unit: str) -> None:
    """Forget an instance that does not run."""
    for ending in ("json", "lock"):
        try:
            os.unlink(place(unit, ending))
        except FileNotFoundError:
            pass


def keeper(unit: str) -> int:
    """The process id of its keeper, 0 when it has none."""
    try:
        handle = os.open(place(unit, "lock"), os.O_RDONLY)
    except FileNotFoundError:
        return 0
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return 0
    except BlockingIOError:
        return int(read(unit).get("keeper", 0))
    finally:
        os.close(handle)


def lives(unit: str) -> bool:
    """True while it runs, or waits to be started once more after many crashes."""
    return bool(keeper(unit) and read(unit).get("child"))


def ask_to_stop(unit: str) -> None:
    """Tell its keeper to stop the app, then itself."""
    _signal(keeper(unit), signal.SIGTERM)


def kill(unit: str) -> None:
    """End the app itself, the hard way."""
    if keeper(unit):
        _signal(int(read(unit).get("child", 0)), signal.SIGKILL)


def sweep(unit: str) -> None:
    """End whatever is left of an instance, its keeper first."""
    _signal(keeper(unit), signal.SIGKILL)
    for pid in programs(unit):
        _signal(pid, signal.SIGKILL)


def programs(unit: str) -> List[int]:
    """Every process of the app's own user that was started in this instance."""
    try:
        user = pwd.getpwnam(bare(unit).rsplit("-", 2)[0]).pw_uid
    except KeyError:
        return []
    mark = f"{MARK}={bare(unit)}".encode()
    return [pid for pid in _processes_of(user) if mark in _environment(pid).split(b"\0")]


def _processes_of(user: int) -> Iterator[int]:
    for name in os.listdir("/proc"):
        try:
            if name.isdigit() and os.stat(f"/proc/{name}").st_uid == user:
                yield int(name)
        except OSError:
            continue


def _environment(pid: int) -> bytes:
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:
            return file.read()
    except OSError:
        return b""


def _signal(pid: int, number: int) -> None:
    try:
        if pid > 1:
            os.kill(pid, number)
    except ProcessLookupError:
        pass


def known(app: str, kind: str) -> List[str]:
    """The instances of an app that a keeper of this kind has written about."""
    wanted = re.compile(rf"(app-{app}-\d+-\d+)\.json")
    names = os.listdir(FOLDER) if os.path.isdir(FOLDER) else []
    units = [f"{found[1]}.service" for found in map(wanted.fullmatch, names) if found]
    return [unit for unit in units if read(unit).get("kind") == kind]
