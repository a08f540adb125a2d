"""One turn of the telling, as a unit or cron starts it: send what waits, beat, look at the others.

It stays while something is to be tried again soon, and ends when nothing is: a server that is well
spends nothing on it.
"""

from __future__ import annotations

import time

from seawall.agent.telling import beat, deliver, digest, outbox, peers, state
from seawall.agent.telling.declared import declared

SOON = 30.0
"""Seconds until the next try for which it stays; for longer ones the timer comes."""
LOOK = 1.0
"""Seconds between two looks into the outbox while it stays."""


def run() -> int:
    """Take a turn; at once when another one is under way."""
    with state.lock("turn", wait=False) as mine:
        while mine:
            outbox.rung()  # before the look, so that whoever rings from now on is heard
            told = declared()
            if told is None:
                return 0
            beat.beat(told)
            beat.monitor(told)
            peers.look(told)
            digest.write(told)
            wait = deliver.deliver(told)
            if outbox.rung():
                continue
            if wait is None or wait > SOON:
                return 0
            time.sleep(min(wait, LOOK))
        time.sleep(LOOK)  # somebody else's turn: the bell stays, so do not hurry
    return 0
