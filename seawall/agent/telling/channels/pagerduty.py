"""PagerDuty, by its events API, version 2, which others speak too. One incident for what goes
wrong, ended by its resolve; the same event twice is one incident."""

from __future__ import annotations

from typing import Any, Dict

from seawall.agent.telling import posting
from seawall.agent.telling.channels import secret
from seawall.agent.telling.declared import Channel
from seawall.agent.telling.letter import Letter

TITLE = 1000
"""Characters of a summary; PagerDuty takes 1024."""


def send(channel: Channel, letter: Letter) -> str:
    """Send the event, and end it at once if it was a test. A digest wakes nobody."""
    if letter.message.kind == "digest":
        return "not sent: a digest is no incident"
    answer = posting.post(str(channel.settings["api"]), content(channel, letter))
    if letter.message.kind == "test":
        ended = {**_who(channel, letter), "event_action": "resolve"}
        posting.post(str(channel.settings["api"]), ended)
    return answer.receipt


def content(channel: Channel, letter: Letter) -> Dict[str, Any]:
    """The event."""
    said = letter.message
    if said.kind == "resolve":
        return {**_who(channel, letter), "event_action": "resolve"}
    details = {heading or "What": "\n".join(lines) for heading, lines in letter.parts}
    payload = {
        "summary": letter.title[:TITLE],
        "source": said.server,
        "severity": said.severity,
        "component": said.subject or said.rule,
        "group": letter.project,
        "class": said.rule,
        "custom_details": details,
    }
    return {**_who(channel, letter), "event_action": "trigger", "payload": payload}


def _who(channel: Channel, letter: Letter) -> Dict[str, str]:
    return {
        "routing_key": secret(channel, "key"),
        "dedup_key": letter.thread,
        "client": "Seawall",
    }
