"""A program of its own, once a day: it takes the memory that the monitor must not."""

from __future__ import annotations

import time

from seawall.agent.monitor import history


def main() -> int:
    """Thin what is over."""
    history.thin(time.time())
    return 0
