"""How the tests run side by side: one file on one worker, and quiet ones with nobody beside them.

A file's tests share what they booted, so they stay together and in order. The long files begin
first. A test marked `quiet` judges how long something took: while it runs, no other test does.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOM = Path(__file__).parent
"""Locked by whoever runs a test: with others, or alone."""
DOOR = ROOM / "journeys"
"""Locked while somebody waits for the room, so that those who come later wait behind."""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """What `-n auto` means: a test on a server waits now and then, so one more than processors."""
    return min(os.cpu_count() or 1, 3) + 1


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Side by side, long files come first: the last ones are short, and all end together."""
    if not _beside_others(config):
        return
    longest: dict[Path, int] = {}
    for item in items:
        longest[item.path] = min(_rank(item), longest.get(item.path, _rank(item)))
    items.sort(key=lambda item: longest[item.path])


def _rank(item: pytest.Item) -> int:
    marks = ("quiet", "journey", "machine")
    there = (rank for rank, mark in enumerate(marks) if item.get_closest_marker(mark))
    return next(there, len(marks))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Nobody comes in while a quiet test runs; the limit of the test's time begins after that."""
    if not _beside_others(item.config):
        return (yield)
    with _room(alone=item.get_closest_marker("quiet") is not None):
        return (yield)


def _beside_others(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput")


@contextmanager
def _room(*, alone: bool) -> Iterator[None]:
    door, room = os.open(DOOR, os.O_RDONLY), os.open(ROOM, os.O_RDONLY)
    try:
        fcntl.flock(door, fcntl.LOCK_EX)
        fcntl.flock(room, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        fcntl.flock(door, fcntl.LOCK_UN)
        yield
    finally:
        os.close(door)
        os.close(room)
