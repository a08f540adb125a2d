"""Mutes: what nobody wants to hear of for a while.

What comes meanwhile is held, not lost: what is well again when the mute ends was never told, and
what is not is told then. News of the telling itself is never held.
"""

from __future__ import annotations

import time
from typing import Any, Dict, List

from seawall.agent.telling import state
from seawall.agent.telling.message import Message

LONGEST = 30 * 86400
"""Seconds that a mute may last. One for ever is a rule that should be changed."""
Mute = Dict[str, Any]


def active(now: float = 0.0) -> List[Mute]:
    """The mutes that hold now; one that a clock put back makes longer than allowed does not."""
    moment = now or time.time()
    found: List[Mute] = list(state.load("mutes").get("mutes", ()))
    return [each for each in found if moment < float(each["until"]) <= moment + LONGEST]


def add(seconds: float, rule: str, who: str) -> Mute:
    """Hold messages of a rule, or of all rules, from now on for so long."""
    now = time.time()
    made = {"until": now + min(seconds, LONGEST), "rule": rule, "by": who, "since": now}
    with state.lock("mutes", wait=True):
        others = [each for each in active() if each["rule"] != rule]
        state.save("mutes", {"mutes": [*others, made]})
    return made


def end(rule: str = "") -> int:
    """End the mute of a rule, or all of them; how many there were."""
    with state.lock("mutes", wait=True):
        found = active()
        left = [each for each in found if rule and each["rule"] != rule]
        state.save("mutes", {"mutes": left})
    return len(found) - len(left)


def holds(message: Message, mutes: List[Mute]) -> bool:
    """Whether one of these mutes holds the message."""
    if message.kind not in ("fire", "resolve", "digest"):
        return False
    return any(not each["rule"] or each["rule"] == message.rule for each in mutes)
