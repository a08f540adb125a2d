"""Files: whole, validated, and never readable by the wrong person, not even for a moment."""

from __future__ import annotations

import grp
import os
import pwd
import stat
import tempfile
from dataclasses import dataclass
from typing import List, Optional, Tuple

from seawall.agent import system
from seawall.agent.steps.step import Change, Step, unified


@dataclass(frozen=True)
class File(Step):
    """A file with exactly this content, owner and mode.

    `validate` is a command that must accept the new file before it takes its place, with {} for
    its path. A `secret` file's content is in no diff, log or event.
    """

    path: str
    content: str
    mode: str = "0644"
    owner: str = "root"
    group: str = "root"
    secret: bool = False
    validate: Tuple[str, ...] = ()
    reload: Tuple[str, ...] = ()
    restart: Tuple[str, ...] = ()
    guarded: bool = False

    def belongs(self) -> bool:
        """Settings of systemd belong where it runs, init scripts and cron lines where not."""
        if self.path.startswith("/etc/systemd/"):
            return system.has_systemd()
        elsewhere = self.path.startswith(("/etc/init.d/", "/etc/cron.d/seawall-"))
        return not elsewhere or not system.has_systemd()

    def text(self) -> str:
        """The content as it will be on this server."""
        return self.content

    def drift(self) -> Optional[Change]:
        current = system.read(self.path)
        if current is None:
            action = "~" if os.path.lexists(self.path) else "+"
            return Change(action, self.path, self._diff(b""))
        if current != self.text().encode():
            return Change("~", self.path, self._diff(current))
        return self._ownership_drift()

    def _diff(self, current: bytes) -> str:
        if self.secret:
            return "(secret, changed)" if current else "(secret, new)"
        return unified(self.path, current.decode("utf-8", "replace"), self.text())

    def _ownership_drift(self) -> Optional[Change]:
        seen = os.lstat(self.path)
        mode = f"{stat.S_IMODE(seen.st_mode):04o}"
        if mode != self.mode:
            return Change("~", self.path, f"-mode {mode}\n+mode {self.mode}")
        owner = f"{_name(pwd.getpwuid, seen.st_uid)}:{_name(grp.getgrgid, seen.st_gid)}"
        if owner != f"{self.owner}:{self.group}":
            return Change("~", self.path, f"-owner {owner}\n+owner {self.owner}:{self.group}")
        return None

    def rehearse(self) -> None:
        with tempfile.TemporaryDirectory(prefix="seawall-") as folder:
            candidate = os.path.join(folder, os.path.basename(self.path))
            private = system.Ownership(0o600, os.geteuid(), os.getegid())
            system.write(candidate, self.text().encode(), private)
            self.accept(candidate)

    def apply(self) -> None:
        os.makedirs(os.path.dirname(self.path), exist_ok=True)
        if not self.secret:
            system.keep_original(self.path)
        ownership = system.Ownership(
            int(self.mode, 8), pwd.getpwnam(self.owner).pw_uid, grp.getgrnam(self.group).gr_gid
        )
        system.write(self.path, self.text().encode(), ownership, self.accept)

    def accept(self, candidate: str) -> None:
        """Raise StepError when the new file must not take its place."""
        if self.validate:
            system.must([candidate if word == "{}" else word for word in self.validate])

    def touches(self) -> List[str]:
        return [self.path]


@dataclass(frozen=True)
class Absent(Step):
    """A file that must not exist."""

    path: str
    reload: Tuple[str, ...] = ()
    guarded: bool = False

    def drift(self) -> Optional[Change]:
        return Change("-", self.path) if os.path.lexists(self.path) else None

    def apply(self) -> None:
        system.keep_original(self.path)
        system.remove(self.path)

    def touches(self) -> List[str]:
        return [self.path]


def _name(look_up: object, number: int) -> str:
    try:
        return str(look_up(number)[0])  # type: ignore[operator]  # pwd and grp share this shape
    except KeyError:
        return str(number)
