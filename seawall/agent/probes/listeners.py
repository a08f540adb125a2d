"""Every open door: who listens where, started by what, reachable from where."""

from __future__ import annotations

import ipaddress
import os
import pwd
import re
import sys
from typing import Any, Dict, Iterator, List, NamedTuple, Set

from seawall.agent.probes.reading import need_root, processes, text

LISTENING = {"tcp": "0A", "udp": "07"}
DEVELOPMENT = re.compile(
    r"manage\.py runserver|flask (?:\S+ )*run|werkzeug|webpack[- ](?:dev|serve)|\bvite(?: dev)?$"
    r"|/vite\b|next dev|react-scripts start|\bng serve|nodemon|jupyter|php -S|http\.server"
    r"|fastapi dev|uvicorn .*--reload|rails s(?:erver)?$"
)
"""Servers made for a laptop: they show source code, tracebacks or a shell to whoever asks."""


class Door(NamedTuple):
    """A listening socket as /proc/net shows it."""

    protocol: str
    address: str
    port: int
    uid: int
    inode: str


def listeners() -> List[Dict[str, Any]]:
    """All listening TCP sockets and unconnected UDP sockets."""
    need_root()
    found = list(doors())
    owners = _owners({door.inode for door in found})
    return [_described(door, owners.get(door.inode, [])) for door in found[:2000]]


def doors() -> Iterator[Door]:
    """Every listening socket."""
    for name in ("tcp", "tcp6", "udp", "udp6"):
        yield from parsed(text(f"/proc/net/{name}", 16 << 20), name[:3])


def parsed(table: str, protocol: str) -> Iterator[Door]:
    """The listening rows of a /proc/net table."""
    for line in table.splitlines()[1:]:
        words = line.split()
        if len(words) < 10 or words[3] != LISTENING[protocol]:
            continue
        address, _, port = words[1].partition(":")
        yield Door(protocol, _address(address), int(port, 16), int(words[7]), words[9])


def _address(hexadecimal: str) -> str:
    """The kernel writes 32-bit words in the machine's byte order."""
    raw = bytes.fromhex(hexadecimal)
    words = [raw[i : i + 4] for i in range(0, len(raw), 4)]
    if sys.byteorder == "little":
        words = [word[::-1] for word in words]
    return str(ipaddress.ip_address(b"".join(words)))


def reach(address: str) -> str:
    """From how far an address is reached: everywhere, private, or this machine only."""
    ip: Any = ipaddress.ip_address(address)
    ip = getattr(ip, "ipv4_mapped", None) or ip
    if ip.is_unspecified:
        return "everywhere"
    if ip.is_loopback or ip.is_link_local or ip.is_multicast:
        return "local"
    return "private" if ip.is_private else "everywhere"


def _owners(inodes: Set[str]) -> Dict[str, List[int]]:
    wanted = {f"socket:[{inode}]": inode for inode in inodes}
    owners: Dict[str, List[int]] = {}
    for pid in processes():
        for link in links(f"/proc/{pid}/fd"):
            if link in wanted:
                owners.setdefault(wanted[link], []).append(int(pid))
    return owners


def links(folder: str) -> Iterator[str]:
    """Where the links in a folder of /proc lead."""
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                yield os.readlink(entry.path)
    except OSError:  # it ended while we looked
        return


def _described(door: Door, pids: List[int]) -> Dict[str, Any]:
    # systemd holds the socket of what it starts on demand: name the program, if it runs
    pid = min([p for p in pids if p != 1] or pids or [0])
    return {
        "protocol": door.protocol,
        "family": 6 if ":" in door.address else 4,
        "address": door.address,
        "port": door.port,
        "reach": reach(door.address),
        "pid": pid,
        "process": text(f"/proc/{pid}/comm").strip()[:64],
        "user": _user(door.uid),
        **_origin(pid),
    }


def _origin(pid: int) -> Dict[str, Any]:
    command = text(f"/proc/{pid}/cmdline", 4096).replace("\0", " ").strip()
    development = DEVELOPMENT.search(command)
    return {
        **placed(text(f"/proc/{pid}/cgroup", 4096)),
        "folder": _link(f"/proc/{pid}/cwd"),
        "program": _link(f"/proc/{pid}/exe"),
        "development": development.group(0)[:40] if development else "",
        "core_bytes": _core_limit(text(f"/proc/{pid}/limits")),
    }


def placed(cgroup: str) -> Dict[str, str]:
    """What started a process, by its cgroup: a unit, a login session, a container."""
    path = cgroup.strip().rpartition("::")[2].splitlines()[0] if "::" in cgroup else ""
    parts = [part for part in path.split("/") if part]
    unit = next((p for p in reversed(parts) if p.endswith((".service", ".scope"))), "")
    if re.match(r"(docker|libpod|cri-containerd|crio)-", unit) or "docker" in parts:
        return {"unit": unit, "started_by": "container"}
    if unit.startswith("session-"):
        return {"unit": unit, "started_by": "session"}
    if any(part.startswith("user@") for part in parts):
        return {"unit": unit, "started_by": "user service"}
    if unit == "init.scope" or not parts:
        return {"unit": unit, "started_by": "init"}
    return {"unit": unit, "started_by": "service" if unit else "nothing known"}


def _core_limit(limits: str) -> int:
    """The soft limit of a core dump in bytes; -1 for no limit."""
    match = re.search(r"^Max core file size\s+(\S+)", limits, re.MULTILINE)
    soft = match.group(1) if match else "0"
    return int(soft) if soft.isdigit() else -1


def _link(path: str) -> str:
    try:
        return os.readlink(path)[:500]
    except OSError:
        return ""


def _user(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
