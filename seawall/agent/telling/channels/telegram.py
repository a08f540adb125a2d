"""Telegram, by a bot. No markup is asked for, and what could call somebody is defused."""

from __future__ import annotations

from typing import Any, Dict

from seawall.agent.telling import posting
from seawall.agent.telling.channels import secret
from seawall.agent.telling.declared import Channel
from seawall.agent.telling.letter import Letter
from seawall.agent.telling.marks import quiet
from seawall.agent.telling.refused import Refused

MOST = 3500
"""Characters; Telegram takes 4096 of UTF-16."""


def send(channel: Channel, letter: Letter) -> str:
    """Post; the receipt has the id of the post."""
    where = f"{channel.settings['api']}/bot{secret(channel, 'token')}/sendMessage"
    answer = posting.post(where, content(channel, letter))
    told = answer.json()
    if told.get("ok") is not True:
        raise Refused(answer.receipt, lasting=True)
    number = dict(told.get("result") or {}).get("message_id", "")
    return f"HTTP {answer.status} message {number}"


def content(channel: Channel, letter: Letter) -> Dict[str, Any]:
    """The post; what is only for information makes no sound."""
    return {
        "chat_id": str(channel.settings["chat"]),
        "text": quiet(letter.plain()).encode("utf-16-le")[: 2 * MOST].decode("utf-16-le", "ignore"),
        "link_preview_options": {"is_disabled": True},
        "disable_notification": letter.message.severity == "info",
    }
