"""A message: one thing that somebody must be told, in words for three in the morning.

Whatever it holds may come from an app: a log line, a name. Read back, it has no control
characters, no invisible ones, and a size that every channel takes.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict, dataclass, replace
from typing import Any, Dict, Tuple

KINDS = ("fire", "resolve", "digest", "test", "told")
"""What it is: something went wrong, it is well again, the week in short, a test, and news of the
telling itself: a channel that is down, a server that is silent."""
SEVERITIES = ("info", "warning", "critical")
"""From what may wait for the morning to what may not."""
LINE, LINES = 400, 40
"""The most characters that are kept of a line, and the most lines of a list."""
FOREVER = 1e12
"""Seconds of the epoch that no message is from: the year is 33658."""
_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff"
    "\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]+"
)
"""Control characters, and those that nobody sees but that turn or hide what stands around them."""


@dataclass(frozen=True)
class Message:
    """What happened, where, since when, why, and what to do.

    `id` is the same for the same thing (see `identity`): put twice, it is told once. `rule` and
    `subject` (a mount, a unit, an app) say what it is about: a `resolve` ends the `fire` with the
    same server, rule and subject. `value` and `threshold` are as people read them ("96 %"),
    `since` and `at` are seconds of the epoch: when it began, and when it was put. A `digest` has
    its paragraphs in `cause`.
    """

    id: str
    kind: str
    severity: str
    rule: str
    subject: str
    server: str
    title: str
    since: float
    at: float
    value: str = ""
    threshold: str = ""
    cause: Tuple[str, ...] = ()
    advice: Tuple[str, ...] = ()
    command: str = ""

    @property
    def about(self) -> str:
        """What it is about, as one word: the same for a fire and its resolve."""
        return f"{self.server}/{self.rule}/{self.subject}"

    def encode(self) -> bytes:
        """As it lies on the disk."""
        return json.dumps(asdict(self), indent=1).encode()


def identity(*parts: object) -> str:
    """An id that is the same for the same parts: kind, server, rule, subject, since."""
    text = json.dumps([str(part) for part in parts])
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def decode(content: bytes) -> Message:
    """A message that was encoded, cleaned; ValueError when it is none."""
    try:
        told = dict(json.loads(content))
        made = Message(**{name: _typed(name, told[name]) for name in _FIELDS if name in told})
    except (TypeError, KeyError, OverflowError) as error:
        raise ValueError(f"not a message: {error}") from error
    if made.kind not in KINDS or made.severity not in SEVERITIES or not _ID.match(made.id):
        raise ValueError(f"not a message: {made.kind} {made.severity} {made.id}"[:200])
    return made


_FIELDS: Dict[str, Any] = Message.__dataclass_fields__
_ID = re.compile(r"[A-Za-z0-9-]{1,64}\Z")


def cleaned(message: Message) -> Message:
    """The same without what nobody would see, and not longer than any channel takes."""
    return replace(message, **{name: _typed(name, getattr(message, name)) for name in _FIELDS})


def _typed(name: str, value: Any) -> Any:
    if name in ("since", "at"):
        moment = float(value)
        if not 0 <= moment < FOREVER:
            raise ValueError(f"not a moment: {value}"[:200])
        return moment
    if name in ("cause", "advice"):
        return tuple(line(each) for each in list(value)[:LINES])
    return line(value)


def line(text: object) -> str:
    """One line of what anybody may have written: only what can be seen, and not too much."""
    seen = _UNSEEN.sub(" ", str(text)).strip()
    return seen if len(seen) <= LINE else seen[: LINE - 1] + "…"
