"""A small file that is whole or the one before: what the monitor must remember over its own death.

Written beside, synced and renamed; one that cannot be read is put aside, and the work begins anew.
"""

from __future__ import annotations

import json
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

LARGEST = 8 << 20


def load(path: str) -> "dict[str, Any]":
    """What was saved; {} when nothing was, or it makes no sense: that one is put aside."""
    try:
        with open(path, "rb") as file:
            return dict(json.loads(file.read(LARGEST)))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, RecursionError):
        try:
            os.replace(path, f"{path}.unreadable")
        except OSError:
            pass
        return {}


def save(path: str, told: "dict[str, Any]", *, sync: bool = True) -> None:
    """Take the place of what was saved; OSError when there is no room, and the old one stays."""
    beside = f"{path}.new"
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        left = memoryview(json.dumps(told).encode())
        while left:
            left = left[os.write(handle, left) :]
        if sync:
            os.fsync(handle)
    except OSError:
        os.unlink(beside)
        raise
    finally:
        os.close(handle)
    os.replace(beside, path)
    if sync:
        _sync(os.path.dirname(path))


def _sync(folder: str) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
