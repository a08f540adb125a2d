"""The code to release: what is committed, as git itself packs it."""

import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from seawall.errors import SeawallError

_CHANGED = ("status", "--porcelain", "--untracked-files=no", "--", ":(exclude,glob)**/seawall.yml")
"""What seawall.yml says counts as it stands there, committed or not."""


@dataclass(frozen=True)
class Code:
    """A commit, and its files as a compressed tar archive of `size` bytes."""

    sha: str
    author: str
    archive: IO[bytes]
    size: int
    dirty: bool
    """True when there are changes that are not committed, and so not released."""


def head(folder: Path) -> str:
    """The commit that would be released; SeawallError when there is none."""
    return _git(folder, "rev-parse", "HEAD")


def remote(folder: Path) -> str:
    """Where the repository was cloned from, "" when that is not known."""
    words = ["git", "-C", str(folder), "remote", "get-url", "origin"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else ""


def would_be_committed(path: Path) -> bool:
    """Whether a file at this path would lie in a repository that does not ignore it."""
    start = ["git", "-C", str(path.parent)]
    inside = subprocess.run([*start, "rev-parse", "--is-inside-work-tree"], capture_output=True)
    ignored = subprocess.run([*start, "check-ignore", "-q", str(path)], capture_output=True)
    return inside.stdout.strip() == b"true" and ignored.returncode == 1


def pack(folder: Path, commit: str = "HEAD") -> Code:
    """Pack a commit of the repository around a folder; SeawallError when there is none."""
    top = _git(folder, "rev-parse", "--show-toplevel")
    found = f"{commit}^{{commit}}"
    sha, author = _git(Path(top), "log", "-1", "--format=%H%n%an", found).split("\n", 1)
    archive = tempfile.TemporaryFile()  # noqa: SIM115  # read until it is sent
    packing = ["git", "-C", top, "-c", "tar.tgz.command=gzip -1", "archive", "--format=tgz", sha]
    subprocess.run(packing, stdout=archive, check=True)
    size = archive.tell()
    archive.seek(0)
    dirty = bool(_git(Path(top), *_CHANGED))
    return Code(sha, author, archive, size, dirty)


def _git(folder: Path, *words: str) -> str:
    done = subprocess.run(
        ["git", "-C", str(folder), *words], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SeawallError(
            f"git has nothing to release: {done.stderr.strip().splitlines()[-1]}",
            "a release is what is committed: git init, git add, git commit",
        )
    return done.stdout.strip()
