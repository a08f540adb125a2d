"""The machine under the apps: kernel settings, name, reserve memory."""

from __future__ import annotations

import glob
import os
import re
import socket
from dataclasses import dataclass
from typing import Dict, Iterator, List, Optional, Tuple

from seawall.agent import system
from seawall.agent.steps.step import Change, Step, unified

SYSCTL = "/etc/sysctl.d/99-zz-seawall.conf"
"""Sorts behind 99-sysctl.conf, the link to /etc/sysctl.conf, so that ours are the last word."""


@dataclass(frozen=True)
class Sysctl(Step):
    """Kernel settings, now and after every boot, in this order; keys may hold a `*`.

    The order matters: setting net.ipv4.ip_forward resets other settings. Settings that this
    kernel lacks, or that belong to the host of a container, are kept in the file only.
    """

    values: Tuple[Tuple[str, str], ...]

    @property
    def content(self) -> str:
        return "".join(f"{key} = {value}\n" for key, value in self.values)

    def drift(self) -> Optional[Change]:
        current = (system.read(SYSCTL) or b"").decode("utf-8", "replace")
        if current != self.content:
            return Change("~" if current else "+", SYSCTL, unified(SYSCTL, current, self.content))
        lines = [line for key, value in self._live() for line in _live_drift(key, value)]
        return Change("~", "kernel settings in use", "\n".join(lines)) if lines else None

    def apply(self) -> None:
        system.write(SYSCTL, self.content.encode(), system.Ownership(0o644, 0, 0))
        for key, value in self._live():
            if not _read_only(key):
                _set(key, value)

    def _live(self) -> Iterator[Tuple[str, str]]:
        """The settings of this kernel: `net.ipv4.conf.*` stands for every interface."""
        for key, value in self.values:
            for path in sorted(glob.glob(_proc(key))):
                yield path, value

    def touches(self) -> List[str]:
        return [SYSCTL]


def _proc(key: str) -> str:
    return "/proc/sys/" + key.replace(".", "/")


def _live_drift(path: str, value: str) -> Iterator[str]:
    try:
        with open(path) as file:
            live = " ".join(file.read().split())
    except OSError:
        return
    if live != " ".join(value.split()) and not _read_only(path):
        yield f"-{path} = {live}"
        yield f"+{path} = {value}"


def _read_only(path: str) -> bool:
    """A container sees its host's settings through a read-only mount."""
    return bool(os.statvfs(path).f_flag & os.ST_RDONLY)


def _set(path: str, value: str) -> None:
    try:
        with open(path, "w") as file:
            file.write(value)
    except OSError as error:
        raise system.StepError(f"kernel setting {path} = {value}: {error.strerror}") from error


@dataclass(frozen=True)
class Hostname(Step):
    """The server's name, and an /etc/hosts in which it resolves without a network."""

    name: str

    def drift(self) -> Optional[Change]:
        lines = []
        if socket.gethostname() != self.name:
            lines += [f"-{socket.gethostname()}", f"+{self.name}"]
        if not self._resolves():
            lines.append(f"+/etc/hosts: {self._entry()}")
        return Change("~", f"host name {self.name}", "\n".join(lines)) if lines else None

    def _hosts(self) -> str:
        return (system.read("/etc/hosts") or b"").decode("utf-8", "replace")

    def _resolves(self) -> bool:
        words = [line.split("#")[0].split() for line in self._hosts().splitlines()]
        local = [line[1:] for line in words if line and line[0].startswith(("127.", "::1"))]
        names = {name for line in local for name in line}
        return self.name in names and "localhost" in names

    def _new_hosts(self) -> str:
        kept = [line for line in self._hosts().splitlines() if not line.startswith("127.0.1.1")]
        if not any(re.match(r"127\.0\.0\.1\s.*\blocalhost\b", line) for line in kept):
            kept.insert(0, "127.0.0.1 localhost")
        return "\n".join([*kept, self._entry(), ""])

    def _entry(self) -> str:
        return f"127.0.1.1 {self.name}"

    def apply(self) -> None:
        if not self._resolves():
            local = (
                ""
                if re.search(r"^127\.0\.0\.1\s", self._hosts(), re.M)
                else "127.0.0.1 localhost\n"
            )
            kept = [line for line in self._hosts().splitlines() if not line.startswith("127.0.1.1")]
            text = local + "\n".join([*kept, self._entry(), ""])
            system.keep_original("/etc/hosts")
            system.write("/etc/hosts", text.encode(), system.Ownership(0o644, 0, 0))
        if socket.gethostname() != self.name:
            name = f"{self.name}\n".encode()
            system.write("/etc/hostname", name, system.Ownership(0o644, 0, 0))
            socket.sethostname(self.name)


@dataclass(frozen=True)
class Swap(Step):
    """A reserve behind the memory, so that a small server slows down before it kills.

    `size` is in MiB; 0 means: as large as the memory, at most 2 GiB, and only where the server
    has less than 4 GiB and no swap yet. Containers share the swap of their host.
    """

    size: int = 0
    path: str = "/swapfile"

    def _wanted(self) -> int:
        size = self.size or _automatic()
        return 0 if not size or _active_swap() or _in_container() else size

    def drift(self) -> Optional[Change]:
        wanted = self._wanted()
        return Change("+", f"{self.path}, {wanted} MiB of swap") if wanted else None

    def apply(self) -> None:
        wanted = self._wanted()
        system.remove(self.path)
        handle = os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        os.close(handle)
        # dd, not fallocate: swap on ext4 and xfs must not have holes.
        system.must(["dd", "if=/dev/zero", f"of={self.path}", "bs=1M", f"count={wanted}"], "", 600)
        system.must(["mkswap", self.path])
        system.must(["swapon", self.path])
        self._at_boot()

    def _at_boot(self) -> None:
        fstab = (system.read("/etc/fstab") or b"").decode("utf-8", "replace")
        line = f"{self.path} none swap sw 0 0\n"
        if line not in fstab:
            text = fstab + ("" if fstab.endswith("\n") or not fstab else "\n") + line
            system.keep_original("/etc/fstab")
            system.write("/etc/fstab", text.encode(), system.Ownership(0o644, 0, 0))


def _automatic() -> int:
    memory = _meminfo().get("MemTotal", 0) // 1024
    return min(memory, 2048) if memory < 4000 else 0


def _in_container() -> bool:
    seen = system.run(["systemd-detect-virt", "--container", "--quiet"]).code
    if seen == 127:  # it comes with systemd
        return b"container=" in (system.read("/proc/1/environ") or b"")
    return seen == 0


def _active_swap() -> bool:
    with open("/proc/swaps") as file:
        return len(file.readlines()) > 1


def _meminfo() -> Dict[str, int]:
    """The lines of /proc/meminfo, in KiB."""
    with open("/proc/meminfo") as file:
        return {line.split(":")[0]: int(line.split()[1]) for line in file}
