"""How each channel is: when it took something last, since when it takes nothing, when it is tried
again. A channel that takes nothing is news, for the others."""

from __future__ import annotations

import hashlib
import json
import time
from typing import Any, Dict, List

from seawall.agent.telling import outbox, state
from seawall.agent.telling.declared import Channel, Declared
from seawall.agent.telling.message import Message, identity
from seawall.agent.telling.refused import Refused
from seawall.agent.telling.waiting import CHANNEL

WAITS = (5, 10, 20, 40, 60, 120, 300, 600, 1800)
"""Seconds until the next try, growing; the last one again and again."""
LASTING = 600
"""Seconds until a channel is tried again that said no for a lasting reason."""
DOWN = 300
"""Seconds after which a channel that takes nothing is down: another gets its messages."""
Health = Dict[str, Any]


def of(told: Declared) -> Dict[str, Health]:
    """Each channel's health, by name. What was proven before it was changed does not count, and
    it is tried at once; one that is gone is no news any more."""
    known = state.load("channels")
    found = {}
    for channel in told.channels:
        found[channel.name] = _still(channel, known.get(channel.name, {}))
    for name in {*known} - {*found}:
        if known[name].get("told"):
            outbox.put(_back(told, name, known[name]))
            save({name: {}})
    return found


def known(channel: Channel) -> Health:
    """One channel's health."""
    return _still(channel, state.load("channels").get(channel.name, {}))


def _still(channel: Channel, before: Health) -> Health:
    if before.get("print") == fingerprint(channel):
        return before
    kept: Health = {name: before[name] for name in ("failing", "told") if name in before}
    return {**kept, "print": fingerprint(channel)}


def save(found: Dict[str, Health]) -> None:
    """Let it reach the disk, beside what is known of channels that are not declared now."""
    state.save("channels", {**state.load("channels"), **found})


def fingerprint(channel: Channel) -> str:
    """Another one when its settings or secrets change; too short to tell anything of them."""
    text = json.dumps([channel.kind, channel.settings, channel.secrets], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def worked(health: Health, said: str, kind: str) -> None:
    """It took a message."""
    health["proven"] = {"at": time.time(), "said": said, "kind": kind}
    for name in ("tries", "next", "error", "lasting"):
        health.pop(name, None)
    if "failing" in health:
        health["failed"] = [health.pop("failing"), time.time()]


def failed(health: Health, refused: Refused) -> None:
    """It did not; say when to try again."""
    now, tries = time.time(), int(health.get("tries", 0))
    wait = refused.after or (LASTING if refused.lasting else WAITS[min(tries, len(WAITS) - 1)])
    health["failing"] = min(float(health.get("failing", now)), now)
    health.update(tries=tries + 1, next=now + wait, error=refused.problem, lasting=refused.lasting)


def wait(health: Health) -> float:
    """Seconds until it may be tried; 0 for now. A clock that was put back makes nobody wait."""
    left = float(health.get("next", 0)) - time.time()
    return left if 0 < left <= 3600 else 0.0


def is_down(health: Health) -> bool:
    """True when it took nothing for long enough, or will not by itself."""
    if "failing" not in health:
        return False
    return bool(health.get("lasting")) or time.time() - float(health["failing"]) >= DOWN


def news(told: Declared, found: Dict[str, Health]) -> List[str]:
    """Put into the outbox which channels went down or came back; their names."""
    changed = []
    for channel in told.channels:
        health = found[channel.name]
        if is_down(health) and not health.get("told"):
            outbox.put(_down(told, channel, health))
            health["told"] = health["failing"]
            changed.append(channel.name)
        elif health.get("told") and "failing" not in health:
            outbox.put(_back(told, channel.name, health))
            del health["told"]
            changed.append(channel.name)
    return changed


def _down(told: Declared, channel: Channel, health: Health) -> Message:
    since = float(health["failing"])
    return Message(
        identity("told", told.server, CHANNEL, channel.name, since),
        "told",
        "warning",
        CHANNEL,
        channel.name,
        told.server,
        f"{told.server}: alerts do not get through by {channel.name}",
        since,
        time.time(),
        cause=(str(health["error"]),),
        advice=(
            "What was meant for it comes by another channel, and is tried again there.",
            "A password, a webhook or a mail server changed? Put it right, then send a test.",
        ),
        command=f"seawall alerts test --channel {channel.name}",
    )


def _back(told: Declared, channel: str, health: Health) -> Message:
    began, ended = health.get("failed", [time.time()] * 2)
    return Message(
        identity("resolve", told.server, CHANNEL, channel, health["told"]),
        "resolve",
        "warning",
        CHANNEL,
        channel,
        told.server,
        f"{told.server}: alerts get through by {channel}",
        float(began),
        float(ended),
    )
