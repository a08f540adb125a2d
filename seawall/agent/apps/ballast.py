"""Room set aside before a deploy begins, so that going back works on a disk that has filled up."""

from __future__ import annotations

from seawall.agent import system
from seawall.agent.apps.records import PRIVATE, App

SIZE = 256 * 1024
"""Bytes; what going back writes is a few files of one block each."""


def load(app: App) -> None:
    """Set it aside; OSError when even that does not fit."""
    system.write(_path(app), b"\1" * SIZE, PRIVATE)


def drop(app: App) -> None:
    """Give it up."""
    system.remove(_path(app))


def _path(app: App) -> str:
    return f"{app.folder}/.ballast"
