"""A message on its way: which channels it is meant for, and which have it.

Written down after every channel, so that a channel that has it is not asked again after a crash.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Dict, List

from seawall.agent.telling import book, mutes, outbox, state
from seawall.agent.telling.declared import Channel, Declared
from seawall.agent.telling.message import SEVERITIES, Message


@dataclass
class Sending:
    """`wanted` are names of channels; `done` has receipts and `refused` reasons, by channel."""

    message: Message
    wanted: List[str]
    done: Dict[str, Any] = field(default_factory=dict)
    refused: Dict[str, Any] = field(default_factory=dict)
    tries: Dict[str, int] = field(default_factory=dict)
    """How often a channel refused this message and not others."""
    fresh: bool = False
    """True when it was never looked at before."""

    def waits_for(self, name: str) -> bool:
        """True while this channel is meant to get it, and has neither taken nor refused it."""
        return name in self.wanted and name not in self.done and name not in self.refused

    @property
    def over(self) -> bool:
        """True when no channel is waited for."""
        return not any(self.waits_for(name) for name in self.wanted)

    def save(self) -> None:
        """Let it reach the disk."""
        told = {"wanted": self.wanted, "done": self.done, "refused": self.refused}
        state.save(_name(self.message), {**told, "tries": self.tries})

    def end(self, became: str) -> None:
        """Write into the book what became of it, and forget it."""
        book.record(self.message, became, self.done, self.refused)
        outbox.drop(self.message)
        state.forget(_name(self.message))


def _name(message: Message) -> str:
    return f"sending/{message.id}"


def all_of(told: Declared) -> List[Sending]:
    """What is to be sent now, oldest first. What was told already, what somebody knows of, and
    what came and went while it was muted is written down and left out."""
    found = [_known(message, told) for message in outbox.waiting()]
    if not found:
        return []
    known, muted = book.ids(), mutes.active()
    left = []
    for each in found:
        if each.message.id in known:
            outbox.drop(each.message)
            state.forget(_name(each.message))
        elif book.is_reminder(each.message) and book.is_acked(each.message):
            each.end("acked")
        elif each.fresh and not each.wanted and told.channels:
            _note([each])
            each.end("digest")
        elif book.is_reminder(each.message) and mutes.holds(each.message, muted):
            each.end("held")
        else:
            left.append(each)
    _note([each for each in left if each.fresh])
    return _unmuted(left, muted)


def _note(found: List[Sending]) -> None:
    with state.lock("open", wait=True):
        for each in found:
            book.note(each.message)
            each.save()


def _unmuted(found: List[Sending], muted: List[mutes.Mute]) -> List[Sending]:
    held = [each for each in found if mutes.holds(each.message, muted) and not each.done]
    resolved = {each.message.about for each in held if each.message.kind == "resolve"}
    fired = {each.message.about for each in held if each.message.kind == "fire"}
    for each in held:
        if each.message.about in resolved & fired:
            each.end("held")
    return [each for each in found if each not in held]


def _known(message: Message, told: Declared) -> Sending:
    """As it was written down, or as seawall.yml routes it."""
    names = [channel.name for channel in told.channels]
    known = state.load(_name(message))
    if not known:
        urgency = book.urgency(message)
        return Sending(message, routed(message, told.channels, urgency), fresh=True)
    wanted = [name for name in known["wanted"] if name in names]
    done, refused, tries = (dict(known.get(name, {})) for name in ("done", "refused", "tries"))
    return Sending(message, wanted, done, refused, tries)


def routed(message: Message, channels: "tuple[Channel, ...]", urgency: str) -> List[str]:
    """The channels that a message is meant for, by how urgent it is. A test goes to those it names,
    or to all; news of a channel goes to the others; what is only for information waits for the
    digest. Where no channel takes what is left, the first does."""
    names = [each.name for each in channels]
    if message.kind == "test":
        return [name for name in names if message.subject in ("", name)]
    if urgency == "info" and message.kind in ("fire", "resolve"):
        return []
    rank = SEVERITIES.index(urgency)
    fit = [each.name for each in channels if SEVERITIES.index(each.severity) <= rank]
    if message.rule == CHANNEL and message.kind == "told":
        return [name for name in names if name != message.subject]
    return fit or names[:1]


CHANNEL = "channel"
"""The rule of news about a channel, whose name is its subject."""
