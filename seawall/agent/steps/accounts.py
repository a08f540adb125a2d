"""Accounts: people, their groups and keys, and the door closed behind those who left."""

from __future__ import annotations

import grp
import pwd
import time
from dataclasses import dataclass
from typing import List, Optional, Tuple

from seawall.agent import system
from seawall.agent.steps import homes
from seawall.agent.steps.step import Change, Step, unified

DATABASES = ("/etc/passwd", "/etc/shadow", "/etc/group", "/etc/gshadow")
KEYS_HEADER = "# Written by seawall from seawall.yml; changes here are found and undone.\n"

END_SECONDS = 10
"""How long to wait for killed programs; systemd takes a moment to end a session."""


@dataclass(frozen=True)
class Group(Step):
    """A system group."""

    name: str

    def drift(self) -> Optional[Change]:
        return None if _group_exists(self.name) else Change("+", f"group {self.name}")

    def apply(self) -> None:
        system.must(["groupadd", "--system", self.name])


@dataclass(frozen=True)
class User(Step):
    """A person's account: open, without a password, in `groups` and not in `not_groups`."""

    name: str
    groups: Tuple[str, ...] = ()
    not_groups: Tuple[str, ...] = ()
    shell: str = "/bin/bash"

    def drift(self) -> Optional[Change]:
        account = _account(self.name)
        if account is None:
            note = f" ({', '.join(self.groups)})" if self.groups else ""
            return Change("+", f"account {self.name}{note}")
        lines = self._differences(account)
        return Change("~", f"account {self.name}", "\n".join(lines)) if lines else None

    def _differences(self, account: pwd.struct_passwd) -> List[str]:
        member = _memberships(self.name)
        lines = [f"+group {name}" for name in self.groups if name not in member]
        lines += [f"-group {name}" for name in self.not_groups if name in member]
        if _expired(self.name):
            lines += ["-locked", "+open"]
        if account.pw_shell != self.shell:
            lines += [f"-shell {account.pw_shell}", f"+shell {self.shell}"]
        return lines

    def apply(self) -> None:
        if _account(self.name) is None:
            system.must(["useradd", "--create-home", "--shell", self.shell, self.name])
        member = _memberships(self.name)
        for group in self.groups:
            if group not in member:
                system.must(["usermod", "--append", "--groups", group, self.name])
        _leave(self.name, [group for group in self.not_groups if group in member])
        system.must(["usermod", "--shell", self.shell, "--expiredate", "", self.name])


@dataclass(frozen=True)
class RemovedUser(Step):
    """Somebody who left: account locked, keys removed, sessions ended. Files stay."""

    name: str
    guarded: bool = True

    def drift(self) -> Optional[Change]:
        if _account(self.name) is None:
            return None
        open_doors = [
            (not _expired(self.name), "account"),
            (homes.read_keys(self.name) is not None, "keys"),
            (bool(_memberships(self.name)), "groups"),
            (_has_processes(self.name), "sessions"),
        ]
        doors = [name for is_open, name in open_doors if is_open]
        return Change("-", f"{self.name}: {', '.join(doors)}") if doors else None

    def apply(self) -> None:
        system.must(["usermod", "--lock", "--expiredate", "1", self.name])
        system.must(["usermod", "--groups", "", self.name])
        homes.remove_keys(self.name)
        _end_sessions(self.name)

    def touches(self) -> List[str]:
        return [*DATABASES, homes.keys_path(self.name)] if _account(self.name) else []


@dataclass(frozen=True)
class AuthorizedKeys(Step):
    """Exactly these public keys open this account; without any, the file is removed."""

    user: str
    keys: Tuple[str, ...]
    guarded: bool = False

    @property
    def content(self) -> str:
        return KEYS_HEADER + "".join(f"{key}\n" for key in self.keys)

    def drift(self) -> Optional[Change]:
        if _account(self.user) is None:
            return Change("+", f"keys of {self.user}", unified("", "", self.content))
        current = homes.read_keys(self.user)
        wanted = self.content.encode() if self.keys else None
        if current == wanted:
            return None
        diff = unified("", (current or b"").decode("utf-8", "replace"), (wanted or b"").decode())
        return Change("~" if self.keys else "-", f"keys of {self.user}", diff)

    def apply(self) -> None:
        if self.keys:
            homes.write_keys(self.user, self.content.encode())
        else:
            homes.remove_keys(self.user)

    def touches(self) -> List[str]:
        return [homes.keys_path(self.user)] if _account(self.user) else []


def _account(name: str) -> Optional[pwd.struct_passwd]:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def _group_exists(name: str) -> bool:
    try:
        return bool(grp.getgrnam(name))
    except KeyError:
        return False


def _memberships(name: str) -> List[str]:
    return [group.gr_name for group in grp.getgrall() if name in group.gr_mem]


def _leave(name: str, groups: List[str]) -> None:
    for group in groups:
        system.must(["gpasswd", "--delete", name, group])


def _expired(name: str) -> bool:
    """True when the account's expiry date, the eighth field of shadow(5), is in the past."""
    lines = (system.read("/etc/shadow") or b"").decode("utf-8", "replace").splitlines()
    fields = [line.split(":") for line in lines if line.startswith(f"{name}:")]
    return bool(fields) and fields[0][7] in ("0", "1")


def _end_sessions(name: str) -> None:
    """Kill until nothing is left: a program that dies may have started another."""
    deadline = time.monotonic() + END_SECONDS
    system.run(["loginctl", "terminate-user", name])
    while _has_processes(name) and time.monotonic() < deadline:
        system.run(["pkill", "-KILL", "-u", name])
        time.sleep(0.1)
    # Killed on purpose: its own systemd must not be left behind as a unit that failed.
    system.run(["systemctl", "reset-failed", f"user@{pwd.getpwnam(name).pw_uid}.service"])


def _has_processes(name: str) -> bool:
    return system.run(["pgrep", "-u", name]).code == 0


@dataclass(frozen=True)
class SystemUser(Step):
    """An account for a program: nobody can log in to it."""

    name: str
    home: str

    def drift(self) -> Optional[Change]:
        return None if _account(self.name) else Change("+", f"account {self.name} (a program's)")

    def apply(self) -> None:
        group = ["--gid", self.name] if _group_exists(self.name) else ["--user-group"]
        system.must(["useradd", "--system", *group, "--home-dir", self.home, self.name])
