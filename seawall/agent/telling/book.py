"""The book: every message and what became of it, and what is open now.

It only grows, up to a size; then its older half is kept as one earlier file. What is in it is not
told again.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from typing import Any, Dict, List, Optional, Set

from seawall.agent import system
from seawall.agent.telling import state
from seawall.agent.telling.message import SEVERITIES, Message, decode

FILE, BEFORE = "told.jsonl", "told.before.jsonl"
MOST = 1_000_000
"""Bytes of one file: some thousand messages, which is years of them."""
Told = Dict[str, Any]


def record(message: Message, became: str, receipts: Dict[str, Any], refused: Told) -> None:
    """Write down what became of a message (`sent`, `unsent`, `held`, `acked`, `digest`), and let it
    reach the disk."""
    state.ready()
    path = f"{state.FOLDER}/{FILE}"
    if os.path.exists(path) and os.path.getsize(path) > MOST:
        os.rename(path, f"{state.FOLDER}/{BEFORE}")
    told = {"message": asdict(message), "became": became, "receipts": receipts, "refused": refused}
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(handle, "ab") as file:
        belongs = state.ownership()
        if os.geteuid() == 0:
            os.fchown(handle, belongs.uid, belongs.gid)
        # A line that a power cut left half ends here.
        file.write(b"\n" + json.dumps(told).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())


def history() -> List[Told]:
    """All that was written down, oldest first; what cannot be read is left out."""
    found = []
    for name in (BEFORE, FILE):
        for row in (system.read(f"{state.FOLDER}/{name}") or b"").splitlines():
            try:
                told = dict(json.loads(row))
                decode(json.dumps(told["message"]).encode())
            except (ValueError, TypeError, KeyError):
                continue
            found.append(told)
    return found


def ids() -> Set[str]:
    """The messages that are written down."""
    return {str(each["message"]["id"]) for each in history()}


def note(message: Message) -> None:
    """Keep what is open up to date: a fire opens it, its resolve closes it. One that is worse than
    before is open anew: whoever knew of it does not know that."""
    found = state.load("open")
    if message.kind in ("fire", "told") and _is_news(message, found.get(message.about)):
        state.save("open", {**found, message.about: {"message": asdict(message)}})
    elif message.kind == "resolve" and message.about in found:
        state.save("open", {about: each for about, each in found.items() if about != message.about})


def opened() -> List[Told]:
    """What is open, oldest first, each with its message, and with who acked it when."""
    found: List[Told] = list(state.load("open").values())
    return sorted(found, key=lambda each: float(each["message"]["at"]))


def is_reminder(message: Message) -> bool:
    """True for a fire of what is open already, by another message."""
    known = state.load("open").get(message.about)
    return bool(known and message.kind == "fire" and known["message"]["id"] != message.id)


def urgency(message: Message) -> str:
    """How urgent it is: the end of something is as urgent as that was."""
    known = state.load("open").get(message.about) if message.kind == "resolve" else None
    worst = str(known["message"]["severity"]) if known else message.severity
    return worst if _rank(worst) > _rank(message.severity) else message.severity


def _is_news(message: Message, known: Optional[Told]) -> bool:
    return known is None or _rank(message.severity) > _rank(known["message"]["severity"])


def _rank(severity: str) -> int:
    return SEVERITIES.index(severity)


def is_acked(message: Message) -> bool:
    """True when somebody said that they know, and it is not worse now."""
    known = state.load("open").get(message.about)
    return bool(known and known.get("acked") and not _is_news(message, known))


def ack(ids_begin: List[str], who: str, at: float) -> List[Told]:
    """Write down who knows of these, by the beginning of an id, or of all that is open."""
    with state.lock("open", wait=True):
        found = state.load("open")
        chosen = [
            about
            for about, each in found.items()
            if not ids_begin or each["message"]["id"].startswith(tuple(ids_begin))
        ]
        for about in chosen:
            found[about]["acked"] = {"by": who, "at": at}
        state.save("open", found)
    return [found[about] for about in chosen]
