"""A tree and a history to be timed on: Python's own library, in copies, and commits to it."""

import subprocess
import sysconfig
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path
from typing import IO


def sources() -> list[Path]:
    """Files of Python's library, none of a test or of a package installed later."""
    top = Path(sysconfig.get_path("stdlib"))
    found = (file for file in sorted(top.rglob("*.py")) if "site-packages" not in file.parts)
    return [file for file in found if "test" not in str(file.relative_to(top))]


def tree(top: Path, count: int) -> Path:
    """A repository of so many files, committed once."""
    for number, file in enumerate(islice(cycle(sources()), count)):
        here = top / f"part{number % 50}" / f"{number}_{file.name}"
        here.parent.mkdir(parents=True, exist_ok=True)
        here.write_bytes(file.read_bytes() + f"# {number}\n".encode())
    git(top, "init", "-q")
    git(top, "add", "-A")
    git(top, "commit", "-q", "-m", "All of it")
    return top


def history(top: Path, commits: int) -> Path:
    """A repository with so many commits, each of which changes about 20 lines of one file."""
    top.mkdir()
    git(top, "init", "-q", "-b", "main")
    told = subprocess.Popen(
        ["git", "-C", str(top), "fast-import", "--quiet"], stdin=subprocess.PIPE
    )
    assert told.stdin
    _commits(told.stdin, commits)
    told.stdin.close()
    if told.wait():
        raise SystemExit("git fast-import failed")
    git(top, "reset", "-q", "--hard")
    return top


def _commits(into: IO[bytes], count: int) -> None:
    lines = _lines()
    for number in range(count):
        text = b"".join(islice(lines, 20))
        into.write(
            b"commit refs/heads/main\n"
            + f"committer Dana <d@example.com> {1_600_000_000 + number} +0000\n".encode()
            + b"data 6\nchange\n"
            + f"M 100644 inline part{number % 97}/{number % 997}.py\n".encode()
            + f"data {len(text)}\n".encode()
            + text
            + b"\n"
        )


def _lines() -> Iterator[bytes]:
    for file in cycle(sources()):
        yield from (line + b"\n" for line in file.read_bytes().splitlines())


def git(top: Path, *words: str) -> None:
    who = ["-c", "user.name=Dana", "-c", "user.email=d@example.com"]
    subprocess.run(["git", "-C", str(top), *who, *words], check=True, capture_output=True)
