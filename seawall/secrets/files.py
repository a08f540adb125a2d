"""Files of secrets: read as text, replaced whole or not at all, by one writer at a time."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from seawall.errors import SeawallError


def text(path: Path, name: str) -> str:
    """What stands in a file; SeawallError when it cannot be read."""
    try:
        return path.read_text("utf-8")
    except FileNotFoundError:
        raise SeawallError(f"{name}: no such file", "seawall secrets init makes it") from None
    except (OSError, UnicodeDecodeError):
        raise SeawallError(f"{name}: cannot be read", "git status shows more") from None


def write(path: Path, content: str) -> None:
    """Replace a file; a crash leaves the old one or the new one."""
    fresh = path.with_name(f".{path.name}.new")
    with fresh.open("w", encoding="utf-8") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Nobody else on this machine writes in this folder meanwhile."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
