"""The machine itself: distribution, kernel, size, names and addresses."""

from __future__ import annotations

import os
import platform
import socket
from typing import Any, Dict, List

from seawall.agent.probes.reading import container, said, text, value


def system() -> Dict[str, Any]:
    """What this machine is."""
    memory = meminfo()
    return {
        "os": os_release(),
        "kernel": platform.release(),
        "architecture": platform.machine(),
        "python": platform.python_version(),
        "uptime_s": int(float((text("/proc/uptime").split() or ["0"])[0])),
        "cpus": os.cpu_count() or 1,
        "memory": memory.get("MemTotal", 0),
        "swap": memory.get("SwapTotal", 0),
        "container": container(),
        "init": value("/proc/1/comm"),
        "root": os.geteuid() == 0,
        "hostname": socket.gethostname(),
        "hostname_resolves": _resolves(socket.gethostname()),
        "addresses": {"4": _addresses("-4"), "6": _addresses("-6")},
    }


def os_release() -> Dict[str, str]:
    """id, version, codename and name from os-release(5)."""
    lines = (text("/etc/os-release", 65536) or text("/usr/lib/os-release", 65536)).splitlines()
    pairs = dict(line.split("=", 1) for line in lines if "=" in line)
    known = {"ID": "id", "VERSION_ID": "version", "VERSION_CODENAME": "codename"}
    known["PRETTY_NAME"] = "name"
    return {name: pairs.get(key, "").strip("\"' \t") for key, name in known.items()}


def meminfo() -> Dict[str, int]:
    """/proc/meminfo in bytes."""
    sizes = {}
    for line in text("/proc/meminfo").splitlines():
        name, _, amount = line.partition(":")
        words = amount.split()
        if words and words[0].isdigit():
            sizes[name] = int(words[0]) * 1024
    return sizes


def _resolves(name: str) -> bool:
    """Looked up in /etc/hosts only: the network's answer would take seconds and may be gone."""
    lines = [line.split("#")[0].split() for line in text("/etc/hosts").splitlines()]
    return any(name in words[1:] for words in lines) or _resolves_by_nss(name)


def _resolves_by_nss(name: str) -> bool:
    """libnss-myhostname answers for the machine's own name without /etc/hosts."""
    return "myhostname" in text("/etc/nsswitch.conf")


def _addresses(family: str) -> List[str]:
    """The addresses others could reach: of global scope, without containers' own bridges."""
    lines = said(["ip", family, "-o", "address", "show", "scope", "global", "up"]).splitlines()
    words = [line.split() for line in lines]
    own = [each for each in words if len(each) > 3 and not _is_bridge(each[1])]
    return [each[3].split("/")[0] for each in own if "temporary" not in each][:50]


def _is_bridge(interface: str) -> bool:
    return interface.startswith(("docker", "br-", "veth", "virbr", "cni", "podman", "lxc"))
