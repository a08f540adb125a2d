"""Delivery: every message reaches every channel it is meant for, in order, and survives whatever
dies in between.

A channel that does not answer is tried again, later and later, and holds up no other. One that is
down for five minutes is replaced: what nobody has got goes to the next channel. After three days a
message is given up, and the book says so.
"""

from __future__ import annotations

import threading
import time
from typing import Dict, List, Optional, Set

from seawall.agent.telling import channels, health, waiting
from seawall.agent.telling.declared import Channel, Declared
from seawall.agent.telling.health import Health
from seawall.agent.telling.letter import Letter
from seawall.agent.telling.refused import Refused
from seawall.agent.telling.waiting import Sending

GIVE_UP = 3 * 86400
"""Seconds that a message is tried."""
TRIES = 30
"""Tries before a message is given up; with the pauses between, they take half a day."""
LIKED = 5
"""Tries after which a channel need not take a message that it refuses for what is in it."""
LONGEST = 90
"""Seconds that one channel may take for its messages, before the others go on without it."""
_writing = threading.Lock()
_busy: Set[str] = set()
"""Channels whose last turn has not ended yet."""


def deliver(told: Declared) -> Optional[float]:
    """Send what waits; seconds until there is more to do, or None when nothing waits."""
    found = waiting.all_of(told)
    healths = health.of(told)
    _side_by_side(told, found, healths)
    more = bool(health.news(told, healths)) | _instead(told, found, healths)
    health.save(healths)
    left = []
    for each in found:
        if each.over or _is_given_up(each, healths):
            each.end("sent" if each.done else "unsent")
        else:
            left.append(each)
    if more:
        return 0.0
    return min((_wait(each, healths) for each in left), default=None)


def _is_given_up(each: Sending, healths: Dict[str, Health]) -> bool:
    """After days and many tries: a clock that jumped is no reason."""
    tries = [int(healths[name].get("tries", 0)) for name in each.wanted if each.waits_for(name)]
    return time.time() - each.message.at > GIVE_UP and min(tries) >= TRIES


def _wait(each: Sending, healths: Dict[str, Health]) -> float:
    return min(health.wait(healths[name]) for name in each.wanted if each.waits_for(name))


def _side_by_side(told: Declared, found: List[Sending], healths: Dict[str, Health]) -> None:
    """Let each channel send what is meant for it."""
    threads = []
    for channel in told.channels:
        mine = [each for each in found if each.waits_for(channel.name)]
        if mine and channel.name not in _busy:
            words = (told, channel, mine, healths[channel.name])
            threads.append(threading.Thread(target=_send_all, args=words, daemon=True))
    for thread in threads:
        thread.start()
    end = time.monotonic() + LONGEST
    for thread in threads:
        thread.join(max(0.0, end - time.monotonic()))


def _send_all(told: Declared, channel: Channel, mine: List[Sending], found: Health) -> None:
    _busy.add(channel.name)
    try:
        _send_in_order(told, channel, mine, found)
    finally:
        _busy.discard(channel.name)


def _send_in_order(told: Declared, channel: Channel, mine: List[Sending], found: Health) -> None:
    """Until the channel refuses one; a test is sent in any case."""
    blocked = health.wait(found) > 0
    for each in mine:
        is_test = each.message.kind == "test"
        if blocked and not is_test:
            continue
        try:
            said = channels.send(channel, Letter(each.message, told.project))
        except Refused as refused:
            blocked = _refused(each, channel, refused, found) or blocked
            continue
        blocked = False
        _taken(each, channel, said, found)


def _taken(each: Sending, channel: Channel, said: str, found: Health) -> None:
    with _writing:
        each.done[channel.name] = {"at": time.time(), "said": said}
        each.save()
        health.worked(found, said, each.message.kind)


def _refused(each: Sending, channel: Channel, refused: Refused, found: Health) -> bool:
    """Remember it; True when the channel is to be left alone for a while."""
    is_test = each.message.kind == "test"
    with _writing:
        if refused.message:
            each.tries[channel.name] = each.tries.get(channel.name, 0) + 1
        if is_test or each.tries.get(channel.name, 0) >= LIKED:
            each.refused[channel.name] = {"at": time.time(), "said": refused.problem}
        each.save()
        if is_test:
            found["proven"] = {"at": 0.0, "said": refused.problem, "kind": "test"}
        else:
            health.failed(found, refused)
        return not is_test


def _instead(told: Declared, found: List[Sending], healths: Dict[str, Health]) -> bool:
    """Give what nobody has to the next channel that is well; True when there is such."""
    changed = False
    for each in found:
        if each.done or each.message.kind == "test":
            continue
        if all(name in each.refused or health.is_down(healths[name]) for name in each.wanted):
            others = [channel.name for channel in told.channels if channel.name not in each.wanted]
            well = [name for name in others if "failing" not in healths[name]]
            if well:
                each.wanted.append(well[0])
                each.save()
                changed = True
    return changed
