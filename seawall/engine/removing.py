"""Takes Seawall off a server; people, firewall and apps stay."""

import time
from collections.abc import Callable

from seawall.config import Config
from seawall.engine import doors
from seawall.errors import Refused, SeawallError
from seawall.kit import Applied, Event, PlannedChange


def remove(config: Config, name: str, on_event: Callable[[Event], None]) -> Applied:
    """Remove the agent, its units and what it remembers."""
    began = time.monotonic()
    try:
        taken = _remove(config, name)
        error = None
    except SeawallError as failed:
        taken, error = [], failed
    seconds = time.monotonic() - began
    if not error:
        what = ", ".join(taken) or "nothing of ours was there"
        on_event(Event("step", name, "remove", what, seconds=seconds))
    on_event(Event("end", name, ok=error is None, seconds=seconds))
    changes = tuple(PlannedChange("remove", "-", each) for each in taken)
    return Applied(name, changes, seconds, error)


def _remove(config: Config, name: str) -> list[str]:
    with doors.talk(doors.server(config, name), {"mode": "remove"}) as talk:
        for event in talk:
            if event["type"] == "crash":
                raise doors.crashed(name, event)
            if event["type"] == "busy":
                raise Refused(f"{name}: an apply is under way", "wait until it is done")
            if event["type"] == "done":
                return [str(path) for path in event["taken"]]
    raise SeawallError(f"{name}: the connection was cut", "run it again")
