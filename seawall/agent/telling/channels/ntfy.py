"""ntfy, on ntfy.sh or a server of your own. All of it is JSON: a title is no header."""

from __future__ import annotations

from typing import Any, Dict

from seawall.agent.telling import posting
from seawall.agent.telling.channels import secret
from seawall.agent.telling.declared import Channel
from seawall.agent.telling.letter import Letter

PRIORITY = {"critical": 5, "warning": 4, "info": 3}
MOST = 4000
"""Bytes; more would become an attachment."""


def send(channel: Channel, letter: Letter) -> str:
    """Post; the receipt has the id of the post."""
    token = channel.secrets.get("token", "")
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    answer = posting.post(str(channel.settings["server"]), content(channel, letter), headers)
    stored = answer.json().get("id", "")
    return f"HTTP {answer.status} message {stored}" if stored else answer.receipt


def content(channel: Channel, letter: Letter) -> Dict[str, Any]:
    """The post; a resolve makes less noise than what it ends."""
    body = letter.plain().partition("\n\n")[2].encode()[:MOST].decode("utf-8", "ignore")
    resolved = letter.message.kind == "resolve"
    return {
        "topic": secret(channel, "topic"),
        "title": letter.title,
        "message": body,
        "priority": 3 if resolved else PRIORITY[letter.message.severity],
        "tags": [letter.message.kind, letter.message.severity],
        "markdown": False,
    }
