"""git, asked in a repository nobody vouches for: none of its programs run, nothing is fetched.

A repository brings its own .git/config, and that can name programs: a file watcher, a diff, a
filter, a signer. Here they are switched off, and what a partial clone lacks stays lacking.
"""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

OFF = (
    "core.fsmonitor=false",
    "core.untrackedCache=false",
    "core.hooksPath=/dev/null",
    "core.quotePath=false",
    "core.pager=cat",
    "core.bigFileThreshold=5m",
    "core.alternateRefsCommand=",
    "diff.external=",
    "diff.noprefix=false",
    "diff.mnemonicPrefix=false",
    "diff.renames=false",
    "diff.submodule=short",
    "diff.orderFile=/dev/null",
    "log.showSignature=false",
    "log.mailmap=false",
    "protocol.allow=never",
    "gc.auto=0",
    "maintenance.auto=false",
)
QUICK = 60
"""Seconds that a question may take that git answers from its index or its refs."""


def words(folder: Path, *asked: str) -> list[str]:
    """The command line for git in this folder."""
    off = [word for setting in OFF for word in ("-c", setting)]
    return ["git", "--no-pager", "--no-replace-objects", "-C", str(folder), *off, *asked]


def surroundings() -> dict[str, str]:
    """The environment for git: no locks taken, no questions, no fetching, English."""
    env = {name: text for name, text in os.environ.items() if not name.startswith("GIT_")}
    env |= {"GIT_OPTIONAL_LOCKS": "0", "GIT_NO_LAZY_FETCH": "1", "GIT_TERMINAL_PROMPT": "0"}
    return env | {"LC_ALL": "C", "GIT_ATTR_NOSYSTEM": "1"}


def ask(folder: Path, *asked: str) -> bytes | None:
    """What git says; None when it refuses. OSError and TimeoutExpired pass."""
    done = subprocess.run(
        words(folder, *asked),
        capture_output=True,
        stdin=subprocess.DEVNULL,
        env=surroundings(),
        timeout=QUICK,
        check=False,
    )
    return done.stdout if done.returncode == 0 else None


def real(folder: Path, *asked: str) -> bytes | None:
    """What git says by the repository's own settings; for questions that run nothing."""
    line = ["git", "-C", str(folder), *asked]
    done = subprocess.run(line, capture_output=True, env=surroundings(), check=False)
    return done.stdout if done.returncode == 0 else None


class Broken(Exception):
    """git ended with an error in the middle of its answer: the first line of what it said."""


@contextmanager
def stream(folder: Path, *asked: str) -> Iterator[IO[bytes]]:
    """git's answer as it comes; Broken at the end when git failed. Left early, git is ended."""
    running = subprocess.Popen(
        words(folder, *asked),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=surroundings(),
    )
    assert running.stdout and running.stderr
    whole = False
    try:
        yield running.stdout
        whole = not running.stdout.read(1)
    finally:
        if not whole:
            running.kill()
        running.stdout.close()
        said = running.stderr.read(4096).decode("utf-8", "replace").strip()
        running.stderr.close()
        code = running.wait()
    if code:
        raise Broken(said.splitlines()[0] if said else f"exit code {code}")
