"""The kernel's settings as they are in force, and the protocols it could be made to load."""

from __future__ import annotations

import os
import shutil
from typing import Any, Dict, List

from seawall.agent.probes.reading import container, names, said, text, value

SETTINGS = (
    "fs.protected_fifos",
    "fs.protected_hardlinks",
    "fs.protected_regular",
    "fs.protected_symlinks",
    "fs.suid_dumpable",
    "kernel.core_pattern",
    "kernel.dmesg_restrict",
    "kernel.kptr_restrict",
    "kernel.randomize_va_space",
    "kernel.sysrq",
    "kernel.unprivileged_bpf_disabled",
    "kernel.yama.ptrace_scope",
    "net.ipv4.icmp_echo_ignore_broadcasts",
    "net.ipv4.ip_forward",
    "net.ipv4.tcp_rfc1337",
    "net.ipv4.tcp_syncookies",
)
PER_INTERFACE = {
    "ipv4": ("accept_redirects", "accept_source_route", "rp_filter", "send_redirects"),
    "ipv6": ("accept_redirects", "accept_source_route"),
}
PROTOCOLS = ("dccp", "sctp", "rds", "tipc")
"""Rarely used and often broken; a plain socket() call of any user loads them."""


def kernel() -> Dict[str, Any]:
    """Live settings by name; those that belong to the host of a container are left out."""
    found = {name: value(_path(name)) for name in SETTINGS if _ours(_path(name))}
    for family, wanted in PER_INTERFACE.items():
        for interface in names(f"/proc/sys/net/{family}/conf", 300):
            for setting in wanted:
                path = f"/proc/sys/net/{family}/conf/{interface}/{setting}"
                if os.path.exists(path):
                    found[f"net.{family}.conf.{interface}.{setting}"] = value(path)
    return {
        "settings": found,
        "protocols": [p for p in PROTOCOLS if _loadable(p)],
        "protocols_from": "modprobe" if _has_modules() else "rules",
    }


def _path(name: str) -> str:
    return "/proc/sys/" + name.replace(".", "/")


def _ours(path: str) -> bool:
    """A container sees its host's settings, read-only: they are not its to judge."""
    return os.path.exists(path) and (os.access(path, os.W_OK) or not container())


def _loadable(protocol: str) -> bool:
    if _is_loaded(protocol):
        return True
    if _has_modules():
        # what the kernel would run; -n only says it, "" when there is no such module
        would = said(["modprobe", "--dry-run", "--verbose", protocol]).strip()
        return would.startswith("insmod")
    return not _refused(protocol)


def _has_modules() -> bool:
    path = "/usr/sbin:/sbin:/usr/bin:/bin"
    there = os.path.isdir(f"/lib/modules/{os.uname().release}")
    return there and shutil.which("modprobe", path=path) is not None


def _is_loaded(protocol: str) -> bool:
    return any(line.split()[:1] == [protocol] for line in text("/proc/modules").splitlines())


def _refused(protocol: str) -> bool:
    """Without modprobe, for instance in a container, the kernel's rule book is all there is."""
    folders = ("/etc/modprobe.d", "/run/modprobe.d", "/usr/lib/modprobe.d", "/lib/modprobe.d")
    lines: List[List[str]] = []
    for folder in folders:
        for name in names(folder):
            lines += [line.split() for line in text(f"{folder}/{name}").splitlines()]
    return any(words[:2] == ["install", protocol] for words in lines)
