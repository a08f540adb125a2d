"""Everything that was ever committed on any branch, tag or stash, as it came in.

Streamed from `git log -p`, newest first: only what a commit added, never more than one change in
memory. Merges are not shown by git, so what somebody typed while merging is not seen; it is in the
tree, though. Files over 5 MB are binary to git here.
"""

import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import IO

from seawall.repository.leaks import git
from seawall.repository.leaks.leak import Seen
from seawall.repository.leaks.piece import Origin, Piece
from seawall.repository.leaks.places import place

_LOG = (
    "log",
    "-p",
    "-U0",
    "--format=%x01%H %aI %an",
    "--no-color",
    "--no-ext-diff",
    "--no-textconv",
    "--no-renames",
    "--no-show-signature",
    "--no-notes",
    "--no-mailmap",
    "--no-decorate",
    "--diff-filter=AM",
    "--ignore-submodules=all",
    "--src-prefix=a/",
    "--dst-prefix=b/",
)
_OF_LOG = ("--no-show-signature", "--no-notes", "--no-mailmap", "--no-decorate")
_HUNK = re.compile(rb"@@ -\d+(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
_ESCAPE = re.compile(rb"\\([0-7]{3}|.)")
_LETTERS = {
    b"n": b"\n",
    b"t": b"\t",
    b"r": b"\r",
    b"a": b"\a",
    b"b": b"\b",
    b"f": b"\f",
    b"v": b"\v",
}


def tips(top: Path) -> list[str]:
    """The commits that every branch, tag and stash, and HEAD, stand at."""
    told = git.ask(top, "for-each-ref", "--format=%(objectname)") or b""
    told += b"\n".join(stash.encode() for stash in _stashes(top))
    head = git.ask(top, "rev-parse", "--verify", "--quiet", "HEAD^{commit}") or b""
    return sorted({word.decode() for word in (*told.split(), *head.split())})


def pieces(top: Path, before: list[str]) -> Iterator[Piece]:
    """What was added since these commits, newest first; git.Broken when an object is damaged."""
    head = ["HEAD"] if git.ask(top, "rev-parse", "--verify", "--quiet", "HEAD^{commit}") else []
    known = [f"^{commit}" for commit in before]
    with git.stream(top, *_LOG, "--all", *head, *known, "--") as log:
        yield from _added(log)
    if laid := [each for each in _stashes(top) if each not in before]:
        whole = ("--no-walk", "-m", "--first-parent")  # a stash is a merge, of which log shows none
        with git.stream(top, *_LOG, *whole, *laid, "--") as log:
            yield from _added(log)


def _stashes(top: Path) -> list[str]:
    """What was laid aside, the older ones too."""
    told = git.ask(top, "rev-list", "--walk-reflogs", "refs/stash", "--") or b""
    return told.decode().split()


def staged(top: Path) -> Iterator[Piece]:
    """What the next commit adds."""
    asked = ("diff", "--cached", *(word for word in _LOG[1:] if "format" not in word))
    with git.stream(top, *(word for word in asked if word not in _OF_LOG), "--") as diff:
        yield from _added(diff, Seen("", "", ""))


def _added(log: IO[bytes], seen: Seen | None = None) -> Iterator[Piece]:
    origin = None
    for line in log:
        if line[:1] == b"\x01":
            commit, day, author = (*line[1:].decode("utf-8", "replace").strip().split(" ", 2), "")[
                :3
            ]
            seen, origin = Seen(commit, author, day[:10]), None
        elif line.startswith(b"diff --git "):
            origin = None
        elif line.startswith(b"+++ ") and seen:
            path = _path(line[4:].rstrip(b"\n"))
            origin = None if place(path).nobodys else Origin(path, seen)
        elif found := _HUNK.match(line):
            text = _hunk(log, int(found[1] or 1), int(found[3] or 1))
            if origin and text:
                yield Piece(origin, text, int(found[2]))


def _hunk(log: IO[bytes], gone: int, came: int) -> bytes:
    """The lines that a change added; reads exactly as many as its head promised."""
    for _ in islice(log, gone):
        pass
    lines = list(islice(log, came))
    if lines and lines[0][:1] == b"\\":
        lines = [*lines[1:], *islice(log, 1)]
    return b"".join(line[1:] for line in lines)


def _path(name: bytes) -> str:
    """The file's name: git quotes one with a newline or a quote in it, and ends others in a tab."""
    if name[:1] == b'"':
        name = _ESCAPE.sub(_unescaped, name.strip().strip(b'"'))
    return name.removesuffix(b"\t").removeprefix(b"b/").decode("utf-8", "replace")


def _unescaped(found: re.Match[bytes]) -> bytes:
    told = found[1]
    return bytes([int(told, 8) & 255]) if len(told) == 3 else _LETTERS.get(told, told)
