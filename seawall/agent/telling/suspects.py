"""What the telling itself watches: a server, a site, a monitor. Told when it fails several times in
a row, and when it is well several times in a row, once each."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, Callable, Dict, Tuple

from seawall.agent.telling import outbox, state
from seawall.agent.telling.declared import Declared
from seawall.agent.telling.message import Message, identity

WELL = 2
"""Looks in a row after which it is well again."""


@dataclass(frozen=True)
class Suspect:
    """Something that is looked at: its rule and subject, how many looks in a row have to fail, and
    what to say then."""

    rule: str
    subject: str
    fails: int
    title: str
    well: str
    severity: str = "critical"
    advice: Tuple[str, ...] = ()
    command: str = ""
    kind: str = "fire"


def looked(told: Declared, suspect: Suspect, error: str, may: Callable[[], bool]) -> None:
    """Count one look at it: `error` is "" when it is well. `may` is asked before anybody is told
    that it is not: False puts that off."""
    known = state.load("suspects")
    name = f"{suspect.rule}/{suspect.subject}"
    before = dict(known.get(name, {}))
    now = _counted(dict(before), error)
    if now.get("told") is None and now["fails"] >= suspect.fails and may():
        outbox.put(_message(told, suspect, now, error))
        now["told"] = now["since"]
    elif now.get("told") is not None and now["goods"] >= WELL:
        outbox.put(_message(told, suspect, now, ""))
        now.pop("told")
    if now != before:
        state.save("suspects", {**known, name: now})


def _counted(known: Dict[str, Any], error: str) -> Dict[str, Any]:
    if not error:
        known["goods"] = min(int(known.get("goods", 0)) + 1, WELL)
        known["fails"] = 0
        return known
    if not known.get("fails") and known.get("told") is None:
        known["since"] = time.time()
    known["fails"] = int(known.get("fails", 0)) + 1
    known["goods"] = 0
    return known


def _message(told: Declared, suspect: Suspect, known: Dict[str, Any], error: str) -> Message:
    kind = suspect.kind if error else "resolve"
    since = float(known["since"])
    return Message(
        identity(kind, told.server, suspect.rule, suspect.subject, since),
        kind,
        suspect.severity,
        suspect.rule,
        suspect.subject,
        told.server,
        suspect.title if error else suspect.well,
        since,
        time.time(),
        cause=(error,) if error else (),
        advice=suspect.advice if error else (),
        command=suspect.command if error else "",
    )
