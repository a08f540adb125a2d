"""Discord, by a webhook. Nobody is mentioned, whatever the text holds."""

from __future__ import annotations

from typing import Any, Dict

from seawall.agent.telling import posting
from seawall.agent.telling.channels import secret
from seawall.agent.telling.declared import Channel
from seawall.agent.telling.letter import Letter
from seawall.agent.telling.marks import block, defused

COLOURS = {"critical": 0xB42318, "warning": 0xB54708, "info": 0x175CD3}
WELL = 0x067647
TITLE, TEXT, FIELD, FOOT = 256, 4000, 1000, 2000
"""The most characters that Discord takes, or fewer."""


def send(channel: Channel, letter: Letter) -> str:
    """Post and wait until Discord has stored it; the receipt has the id of the post."""
    url = secret(channel, "url")
    answer = posting.post(f"{url}{'&' if '?' in url else '?'}wait=true", content(letter))
    stored = answer.json().get("id", "")
    return f"HTTP {answer.status} message {stored}" if stored else answer.receipt


def content(letter: Letter) -> Dict[str, Any]:
    """The post: one embed."""
    message = letter.message
    colour = WELL if message.kind == "resolve" else COLOURS[message.severity]
    first = [each for heading, lines in letter.parts if not heading for each in lines]
    embed = {
        "title": shortened(defused(letter.title), TITLE),
        "description": shortened("\n".join(map(defused, first)), TEXT),
        "color": colour,
        "fields": [
            {"name": heading, "value": _block(lines)} for heading, lines in letter.parts if heading
        ],
        "footer": {"text": letter.foot[:FOOT]},
    }
    return {"embeds": [embed], "allowed_mentions": {"parse": []}}


def _block(lines: "tuple[str, ...]") -> str:
    found = list(lines)
    while len(block(found)) > FIELD and len(found) > 1:
        found.pop()
    return (
        block([each[: FIELD // 4] for each in found]) if len(block(found)) > FIELD else block(found)
    )


def shortened(text: str, most: int) -> str:
    """No longer than this, and not cut behind the sign that defuses the next one."""
    return text if len(text) <= most else text[: most - 1].rstrip("\\") + "…"
