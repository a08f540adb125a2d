"""A letter: a message in a founder's words, before a channel gives it its form.

What happened stands first, then since when, why, and what to type. Times are the server's own.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import List, Tuple

from seawall.agent.telling.message import Message, identity

WORDS = {"critical": "Critical", "warning": "Warning", "info": "For your information"}
Part = Tuple[str, Tuple[str, ...]]
"""A heading, which may be "", and its lines."""


@dataclass(frozen=True)
class Letter:
    """A message on its way to a person of this project."""

    message: Message
    project: str

    @property
    def title(self) -> str:
        """The line that is read on a locked telephone: server, and what is wrong with it."""
        said = self.message.title
        if self.message.server not in said:
            said = f"{self.message.server}: {said}"
        return f"Well again: {said}" if self.message.kind == "resolve" else said

    @property
    def thread(self) -> str:
        """The same for all that belongs together: a fire, its reminders, its resolve."""
        about = self.message.about if self.message.kind != "test" else self.message.id
        return identity("thread", self.project, about)

    @property
    def parts(self) -> List[Part]:
        """What stands below the title."""
        said = self.message
        if said.kind in ("digest", "test"):
            return [("", said.cause), *_unless_empty("What to do", self._todo())]
        return [
            ("", tuple(self._facts())),
            *_unless_empty("Why, probably", said.cause),
            *_unless_empty("What to do", self._todo()),
        ]

    def _facts(self) -> List[str]:
        said = self.message
        if said.kind == "resolve":
            lasted = span(said.at - said.since)
            facts = [f"It lasted {lasted}: {moment(said.since)} to {moment(said.at)}."]
            return [*facts, f"Now: {said.value}."] if said.value else facts
        value = f"Now {said.value}" if said.value else ""
        limit = f"the limit is {said.threshold}" if said.threshold else ""
        since = f"Since {moment(said.since)}"
        if said.at - said.since >= 60:
            since += f", for {span(said.at - said.since)}"
        return [*filter(None, ["; ".join(filter(None, [value, limit])), since])]

    def _todo(self) -> Tuple[str, ...]:
        command = (f"$ {self.message.command}",) if self.message.command else ()
        return (*self.message.advice, *command)

    @property
    def foot(self) -> str:
        """What it is, for whoever looks for it again."""
        said = self.message
        what = f"{said.rule} {said.subject}".strip()
        sort = WORDS[said.severity] if said.kind in ("fire", "told") else said.kind.capitalize()
        return f"{sort} · {self.project} · {said.server} · {what} · {said.id[:8]}"

    @property
    def quiet(self) -> str:
        """How to hear less of it."""
        if self.message.kind not in ("fire", "told"):
            return ""
        return f"seawall alerts ack {self.message.id[:8]}"

    def plain(self) -> str:
        """The whole of it, as text."""
        found = [self.title, ""]
        for heading, lines in self.parts:
            found += [heading] if heading else []
            found += [f"  {each}" if heading else each for each in lines]
            found += [""]
        if self.quiet:
            found += [f"You know, and want no reminder: {self.quiet}", ""]
        return "\n".join([*found, self.foot])


def _unless_empty(heading: str, lines: Tuple[str, ...]) -> List[Part]:
    return [(heading, lines)] if lines else []


def moment(at: float) -> str:
    """`02:41 UTC, 25 Nov`, by the server's clock and zone."""
    there = time.localtime(at)
    return time.strftime("%H:%M %Z, ", there) + f"{there.tm_mday} {time.strftime('%b', there)}"


def span(seconds: float) -> str:
    """`14 min`, `3 h 20 min`, `2 d 4 h`: what people say."""
    minutes = int(max(0.0, seconds) // 60)
    if minutes < 1:
        return f"{int(max(0.0, seconds))} s"
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    days, hours = divmod(hours, 24)
    return f"{days} d {hours} h" if hours else f"{days} d"
