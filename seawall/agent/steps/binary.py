"""A program that no package brings: known by the hash of its content, pushed when missing."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from typing import IO, Optional, Tuple

from seawall.agent import system
from seawall.agent.steps.step import Change, Step

STORE = f"{system.STATE}/blobs"
"""Where what was pushed lies until its step puts it in its place; root only."""
NOTES = f"{system.STATE}/binaries"


@dataclass(frozen=True)
class Binary(Step):
    """The program `name` in this version; `digests` has its SHA-256 for each `uname -m`."""

    path: str
    name: str
    version: str
    digests: Tuple[Tuple[str, str], ...]
    restart: Tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """The hash for this machine; StepError when there is no such program for it."""
        machine = os.uname().machine
        for known, digest in self.digests:
            if known == machine:
                return digest
        raise system.StepError(f"there is no {self.name} {self.version} for {machine}")

    def needs(self) -> Optional[str]:
        """The hash of what has to be pushed before this step can be made true."""
        there = system.read(f"{STORE}/{self.digest}") is not None
        return None if there or self.drift() is None else self.digest

    def drift(self) -> Optional[Change]:
        try:
            seen = os.lstat(self.path)
        except OSError:
            return Change("+", f"{self.name} {self.version}")
        if self._known() == [self.digest, seen.st_size, seen.st_mtime_ns]:
            return None
        same = _sha256(system.read(self.path) or b"") == self.digest
        return None if same else Change("~", f"{self.name} {self.version}")

    @property
    def _note(self) -> str:
        """Where its size and time are noted: hashing 50 MB at every plan would take a while."""
        return f"{NOTES}/{self.name}.json"

    def _known(self) -> object:
        try:
            return json.loads(system.read(self._note) or b"null")
        except ValueError:
            return None

    def apply(self) -> None:
        content = system.read(f"{STORE}/{self.digest}")
        if content is None or _sha256(content) != self.digest:
            raise system.StepError(f"{self.name} {self.version} did not arrive whole")
        system.write(self.path, content, system.Ownership(0o755, 0, 0))
        system.remove(f"{STORE}/{self.digest}")

    def settled(self) -> None:
        seen = os.lstat(self.path)
        note = json.dumps([self.digest, seen.st_size, seen.st_mtime_ns]).encode()
        system.private_folder(system.STATE)
        system.private_folder(NOTES)
        system.write(self._note, note, system.Ownership(0o600, 0, 0))


def receive(stream: IO[bytes], digest: str) -> None:
    """Store what is pushed: a line with its size, then the content; StepError for any other."""
    size = int(stream.readline(32).split()[-1])
    content = stream.read(size)
    if _sha256(content) != digest:
        raise system.StepError("what was pushed is not what was asked for")
    system.private_folder(system.STATE)
    system.private_folder(STORE)
    system.write(f"{STORE}/{digest}", content, system.Ownership(0o600, 0, 0))


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
