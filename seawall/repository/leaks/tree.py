"""The files of a working tree: what git tracks or would add, read without ever leaving the tree.

A link is not followed, neither as a file nor as a folder; what is no regular file is not opened for
longer than it takes to see that. In a folder without git, all files are walked.
"""

import os
import stat
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from seawall.repository.leaks import git
from seawall.repository.leaks.piece import MOST_BYTES, Origin, Piece, readable
from seawall.repository.leaks.places import place

MOST_FILES = 200_000
"""Files looked at; what is beyond is said to be unseen."""
LEFT_OUT = frozenset(
    {".git", "node_modules", ".venv", "venv", "__pycache__", ".tox", ".mypy_cache", ".terraform"}
)
"""Folders that a walk without git leaves out: others' code, and leftovers."""


@dataclass
class Tree:
    """A working tree; iterating reads it. `notes` then tells what was not looked at."""

    top: Path
    tracked: bool = True
    notes: list[str] = field(default_factory=list)
    _cut: int = 0
    _folders: int = 0

    def __iter__(self) -> Iterator[Piece]:
        """One piece for each text file."""
        inside = lru_cache(65536)(self._inside)
        for count, name in enumerate(self._names()):
            if count >= MOST_FILES:
                self.notes.append(f"files beyond the first {MOST_FILES:,}")
                break
            text = self._text(name) if inside(os.path.dirname(name)) else None
            if text and not place(_shown(name)).nobodys:
                yield Piece(Origin(_shown(name)), text)
        self._tell()

    def _names(self) -> Iterator[bytes]:
        if not self.tracked:
            yield from _walk(self.top)
            return
        asked = ("ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate")
        with git.stream(self.top, *asked) as listing:
            left = b""
            while block := listing.read(65536):
                *names, left = (left + block).split(b"\0")
                yield from names

    def _inside(self, folder: bytes) -> bool:
        real = os.path.realpath(os.path.join(os.fsencode(self.top), folder))
        top = os.path.realpath(os.fsencode(self.top))
        return real == os.path.normpath(os.path.join(top, folder))

    def _text(self, name: bytes) -> bytes | None:
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        try:
            opened = os.open(os.path.join(os.fsencode(self.top), name), flags)
        except OSError:
            return None
        found = os.fstat(opened)
        if not stat.S_ISREG(found.st_mode):
            os.close(opened)
            self._folders += stat.S_ISDIR(found.st_mode)
            return None
        with os.fdopen(opened, "rb", buffering=0) as file:
            text = readable(file.read(MOST_BYTES) or b"")
        self._cut += text is not None and found.st_size > MOST_BYTES
        return text

    def _tell(self) -> None:
        if self._cut:
            self.notes.append(f"what is beyond the first 5 MB of a file ({self._cut})")
        if self._folders:
            self.notes.append(f"submodules ({self._folders}): run it in each")


def _shown(name: bytes) -> str:
    return os.fsdecode(name).encode("utf-8", "replace").decode()


def _walk(top: Path) -> Iterator[bytes]:
    start = os.fsencode(top)
    for folder, folders, files in os.walk(start):
        folders[:] = sorted(name for name in folders if os.fsdecode(name) not in LEFT_OUT)
        for name in sorted(files):
            yield os.path.relpath(os.path.join(folder, name), start)


@dataclass(frozen=True)
class Ground:
    """Where we stand: the top of the tree, whether git knows it, and whether it has a history.
    `blind` says why git did not answer."""

    top: Path
    tracked: bool = False
    history: bool = False
    bare: bool = False
    shallow: bool = False
    blind: str = ""


def ground(folder: Path) -> Ground:
    """What kind of repository this folder is in; never one that would lead elsewhere."""
    try:
        said = git.ask(folder, "rev-parse", "--is-bare-repository", "--is-shallow-repository")
        if said is None:
            return Ground(folder)
        bare, shallow = (word == b"true" for word in said.split()[:2])
        history = bool(git.ask(folder, "rev-list", "-n", "1", "--all", "HEAD", "--")) or bool(
            git.ask(folder, "rev-list", "-n", "1", "--all", "--")
        )
        if bare:
            return Ground(folder, False, history, True, shallow)
        told = git.ask(folder, "rev-parse", "--show-toplevel") or b""
    except (OSError, subprocess.TimeoutExpired) as error:
        return Ground(folder, blind=f"git did not answer: {error}")
    top = Path(os.fsdecode(told.removesuffix(b"\n"))) if told else folder
    if not folder.resolve().is_relative_to(top.resolve()):
        return Ground(folder, blind=f"its settings say that it is elsewhere: {top}")
    return Ground(top, True, history, False, shallow)
