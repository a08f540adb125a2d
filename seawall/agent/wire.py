"""What crosses the wire: one document in, a stream of events out.

In: a line `SEAWALL <name of agent> <bytes of document> <bytes of agent>`, then both. An agent
of no bytes is installed, or follows behind a line with its size once it is known to be missing.
Whatever comes before (a sudo password nobody asked for) is skipped. Out: one JSON object a line
behind a record separator (RFC 7464), so that banners and rc files which print to stdout do no harm.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any, Callable, Dict

SEPARATOR = "\x1e"
Emit = Callable[[Dict[str, Any]], None]


def emit(event: Dict[str, Any]) -> None:
    """Send one event to whoever asked."""
    try:
        sys.stdout.write(f"{SEPARATOR}{json.dumps(event)}\n")
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever asked is gone; the work goes on. Later writes must not fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def recorder(path: str) -> Emit:
    """An emit that appends to a file which `follow` reads, for work that outlives its caller."""
    file = os.fdopen(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600), "w")

    def record(event: Dict[str, Any]) -> None:
        file.write(json.dumps(event) + "\n")
        file.flush()

    return record
