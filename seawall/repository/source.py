"""What git knows of the repository we stand in: the facts for its checks. Reads only."""

import os
import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

MOST = 200_000
"""Tracked files looked at; what is beyond is said to be unseen."""


@dataclass(frozen=True)
class Source:
    """A git repository as far as the checks need it; `top` is None outside of one."""

    top: Path | None = None
    tracked: tuple[str, ...] = ()
    loose: tuple[str, ...] = ()
    """Files that git neither tracks nor ignores."""
    dirty: frozenset[str] = field(default_factory=frozenset)
    """Tracked files with changes that are not committed."""
    described: bool = False
    """True when there is a seawall.yml at the top, or the one we were given."""
    blind: str = ""
    """Why git did not answer, when it did not."""


def look(config: Path | None) -> Source:
    """Ask git about the repository around seawall.yml, or around this folder."""
    here = config.parent if config else Path.cwd()
    try:
        top = _git(here, "rev-parse", "--show-toplevel").strip()
        if not top:
            return Source(described=config is not None)
        return _inside(Path(top), config)
    except (OSError, RuntimeError, subprocess.TimeoutExpired) as error:
        return Source(blind=f"git did not answer: {error}")


def _inside(root: Path, config: Path | None) -> Source:
    return Source(
        root,
        _names(_git(root, "ls-files", "-z")),
        _names(_git(root, "ls-files", "-z", "--others", "--exclude-standard")),
        frozenset(_names(_git(root, "diff", "-z", "--name-only", "HEAD"))),
        config is not None,
    )


def _git(folder: Path, *words: str) -> str:
    """What git says; nothing outside of a repository or before its first commit."""
    done = subprocess.run(
        ["git", "-C", str(folder), *words],
        capture_output=True,
        env={**os.environ, "LC_ALL": "C"},
        timeout=20,
        check=False,
    )
    said = done.stderr.decode("utf-8", "replace").strip()
    if done.returncode and not re.search("not a git repository|ambiguous argument 'HEAD'", said):
        raise RuntimeError(said.splitlines()[0] if said else f"exit code {done.returncode}")
    return done.stdout.decode("utf-8", "replace") if done.returncode == 0 else ""


def _names(listing: str) -> tuple[str, ...]:
    return tuple(name for name in listing.split("\0")[:MOST] if name)
