"""What a person asks of a server's alerts over ssh: what is open, a test, to know, to be quiet."""

from __future__ import annotations

import time
from typing import Any, Callable, Dict, Optional

from seawall.agent import system, wire
from seawall.agent.telling import book, declared, mutes, outbox, standing, tell
from seawall.agent.telling.message import Message, identity

SECONDS = 120.0
"""How long a test may take until every channel has answered."""
SERVICE = "seawall-tell.service"
Told = Dict[str, Any]


def answer(document: Told) -> None:
    """Do what a document asks for, and tell of it in one event."""
    told = declared.declared()
    if told is None:
        return wire.emit({"type": "failed", "problem": "alerts are not set up here yet"})
    verb = str(document["verb"])
    try:
        wire.emit({"type": "alerts", "server": told.server, **VERBS[verb](document)})
    except system.StepError as error:
        return wire.emit({"type": "failed", "problem": error.problem, "output": error.output})
    return None


def _list(document: Told) -> Told:
    return standing.standing(time.time())


def _history(document: Told) -> Told:
    last = int(document["last"])
    return {"history": book.history()[-last:]}


def _ack(document: Told) -> Told:
    return {"acked": book.ack(list(document["ids"]), str(document["by"]), time.time())}


def _mute(document: Told) -> Told:
    seconds, rule = float(document["seconds"]), str(document["rule"])
    if seconds:
        return {"mute": mutes.add(seconds, rule, str(document["by"]))}
    ended = mutes.end(rule)
    _start()
    return {"ended": ended}


def _test(document: Told) -> Told:
    """Put a test into the outbox, and wait until the book says what became of it: it goes the way
    of every message, by the same unit with the same rights."""
    told = declared.declared()
    channel = str(document["channel"])
    if told is None or not told.channels:
        raise system.StepError("no channel is declared here")
    if channel and told.channel(channel) is None:
        raise system.StepError(f"no channel {channel} here")
    made = _message(told.server, channel, str(document["by"]))
    outbox.put(made)
    _start()
    return {"tested": _waited(lambda: _became(made.id))}


def _message(server: str, channel: str, who: str) -> Message:
    now = time.time()
    return Message(
        identity("test", server, now, channel),
        "test",
        "info",
        "test",
        channel,
        server,
        f"{server}: this is a test",
        now,
        now,
        cause=(
            f"{who} asked for it with seawall alerts test. Nothing is wrong.",
            "When something is, it will look like this, and say what to do.",
        ),
    )


def _start() -> None:
    """Let the unit look into the outbox now; where there is none, do what it does."""
    if not system.has_systemd():
        tell.run()
    elif system.run(["systemctl", "start", "--no-block", SERVICE]).code != 0:
        raise system.StepError(f"{SERVICE} cannot be started")


def _became(name: str) -> Optional[Told]:
    return next((each for each in book.history() if each["message"]["id"] == name), None)


def _waited(look: Callable[[], Optional[Told]]) -> Told:
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        found = look()
        if found:
            return found
        time.sleep(0.2)
    said = system.run(["journalctl", "-u", SERVICE, "-n", "5", "--no-pager", "-o", "cat"]).output
    raise system.StepError(f"no answer within {SECONDS:g} s", said)


VERBS: Dict[str, Callable[[Told], Told]] = {
    "list": _list,
    "history": _history,
    "ack": _ack,
    "mute": _mute,
    "test": _test,
}
