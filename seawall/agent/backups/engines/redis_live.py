"""The Redis that is in use: where it keeps its files, and a moment without it."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import Iterator, NamedTuple

from seawall.agent import system
from seawall.agent.backups.engines.resp import Talk
from seawall.agent.steps.redis import PORT, UNIT, password

PATIENCE = 120.0
"""Seconds until it has read its files and answers."""


class Kept(NamedTuple):
    """Where a Redis keeps its append-only files, and what they are called."""

    folder: str
    name: str


def files() -> Kept:
    """As the live one tells; as it is without settings when it is down."""
    try:
        with Talk(("127.0.0.1", PORT), password()) as live:
            told = [
                live.ask("CONFIG", "GET", name)[1].decode()
                for name in ("dir", "appenddirname", "appendfilename")
            ]
    except system.StepError:
        told = ["/var/lib/redis", "appendonlydir", "appendonly.aof"]
    return Kept(f"{told[0]}/{told[1]}", told[2])


@contextmanager
def stopped() -> Iterator[None]:
    """Redis is down meanwhile, and has read everything once this ends."""
    _tell("stop")
    try:
        yield
    finally:
        _tell("start")
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            with Talk(("127.0.0.1", PORT), password()) as live:
                live.ask("PING")
                return
        except system.StepError:
            time.sleep(0.1)
    raise system.StepError("redis does not answer", f"journalctl -u {UNIT}")


def _tell(word: str) -> None:
    system.must(["systemctl", word, UNIT] if system.has_systemd() else ["service", UNIT, word])
