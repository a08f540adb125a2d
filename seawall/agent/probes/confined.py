"""What the kernel and Docker hold an instance of an app to: users, sockets, limits, files."""

from __future__ import annotations

import os
import pwd
import re
from typing import Any, Dict, Iterator, List, Optional

from seawall.agent import system
from seawall.agent.apps import kept_state
from seawall.agent.probes import containers, listeners
from seawall.agent.probes.reading import Unseen, text, value

CGROUPS = "/sys/fs/cgroup"
FOLLOW = "/usr/local/lib/seawall-apps/follow.py"
LIMITS = {"memory": "memory.max", "cpus": "cpu.max"}


def controllers() -> Optional[List[str]]:
    """What the kernel can limit here; None where that cannot be seen (cgroup v1)."""
    path = f"{CGROUPS}/cgroup.controllers"
    return value(path).split() if os.path.exists(path) else None


def is_one(unit: str) -> bool:
    """True for a unit that follows a container."""
    return FOLLOW.encode() in (system.read(f"/etc/systemd/system/{unit}") or b"")


def main(unit: str, shown: str) -> int:
    """The process that was started first, 0 when none runs."""
    if not is_one(unit):
        return int(shown or 0)
    return int((_container(unit).get("State") or {}).get("Pid") or 0)


def pids(unit: str) -> List[int]:
    """Every process of an instance; of a container those inside it."""
    if kept := kept_state.programs(unit):
        return kept
    top = f"{CGROUPS}/system.slice/{unit}"
    if is_one(unit):
        first = main(unit, "")
        placed = text(f"/proc/{first}/cgroup", 4096).strip().rpartition("::")[2]
        if not first or len(placed) < 2:
            return []
        top = CGROUPS + placed
    found = (text(f"{folder}/cgroup.procs") for folder, _, _ in os.walk(top))
    return [int(word) for content in found for word in content.split()]


def users(running: List[int]) -> List[str]:
    """The real users of processes, root first."""
    told = (re.search(r"^Uid:\s+(\d+)", _status(pid), re.MULTILINE) for pid in running)
    return [_name(uid) for uid in sorted({int(match.group(1)) for match in told if match})]


def _status(pid: int) -> str:
    return text(f"/proc/{pid}/status", 4096)


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def doors(unit: str, running: List[int]) -> Iterator[Dict[str, Any]]:
    """Sockets of an instance that more than this machine reaches."""
    if is_one(unit):
        # Of what listens inside its own network only what Docker publishes is reached.
        published = (_container(unit).get("NetworkSettings") or {}).get("Ports") or {}
        for inside, places in sorted(published.items()):
            protocol = inside.rpartition("/")[2]
            for place in places or ():
                address = place.get("HostIp") or "::"
                if _is_open(address):
                    yield _door(address, place["HostPort"], protocol)
        return
    own = {inode for pid in running for inode in _sockets(pid)}
    for door in listeners.doors():
        if door.inode in own and _is_open(door.address):
            yield _door(door.address, door.port, door.protocol)


def _door(address: str, port: Any, protocol: str) -> Dict[str, Any]:
    return {"address": address, "port": int(port), "protocol": protocol}


def _is_open(address: str) -> bool:
    return listeners.reach(address) != "local"


def _sockets(pid: int) -> List[str]:
    links = listeners.links(f"/proc/{pid}/fd")
    return [link[8:-1] for link in links if link.startswith("socket:[")]


def limits(running: List[int]) -> Dict[str, Optional[str]]:
    """What the kernel limits the first of these processes to; None where it has no such limit."""
    placed = text(f"/proc/{running[0]}/cgroup", 4096).strip() if running else ""
    place = CGROUPS + placed.rpartition("::")[2]
    return {name: value(f"{place}/{file}") or None for name, file in LIMITS.items()}


def written(unit: str) -> List[str]:
    """Files that a container wrote into itself; none where it cannot."""
    held = _container(unit).get("HostConfig") if is_one(unit) else None
    if not held or held.get("ReadonlyRootfs"):
        return []
    found = containers.ask(f"/containers/{unit[: -len('.service')]}/changes") or []
    return [str(each["Path"])[:200] for each in found if each.get("Kind") == 1][:5]


def _container(unit: str) -> Dict[str, Any]:
    """What Docker knows of the container that a unit follows."""
    found = containers.ask(f"/containers/{unit[: -len('.service')]}/json")
    if not isinstance(found, dict):
        raise Unseen(f"Docker says nothing of {unit}", "systemctl status docker")
    return found
