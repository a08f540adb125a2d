"""Microsoft Teams, by the webhook of a workflow: a card whose text runs know no markup."""

from __future__ import annotations

from typing import Any, Dict, List

from seawall.agent.telling import posting
from seawall.agent.telling.channels import secret
from seawall.agent.telling.declared import Channel
from seawall.agent.telling.letter import Letter

COLOURS = {"critical": "Attention", "warning": "Warning", "info": "Accent"}
MOST = 20_000
"""Characters of a card, which may have 28 KB."""


def send(channel: Channel, letter: Letter) -> str:
    """Post; a workflow answers 202."""
    return posting.post(secret(channel, "url"), content(letter)).receipt


def content(letter: Letter) -> Dict[str, Any]:
    """The post: one card."""
    message = letter.message
    colour = "Good" if message.kind == "resolve" else COLOURS[message.severity]
    body = [_text(letter.title, size="Large", weight="Bolder", color=colour)]
    room = MOST
    for heading, lines in letter.parts:
        body += [_text(heading, weight="Bolder")] if heading else []
        for each in lines:
            room -= len(each) + 150
            body += [_text(each, fontType="Monospace" if each.startswith("$ ") else "Default")]
            if room < 0:
                break
    body += [_text(each, size="Small") for each in (letter.quiet, letter.foot) if each]
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": body,
    }
    kind = "application/vnd.microsoft.card.adaptive"
    attachments: List[Dict[str, Any]] = [{"contentType": kind, "content": card}]
    return {"type": "message", "attachments": attachments}


def _text(text: str, **style: str) -> Dict[str, Any]:
    return {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": text, **style}]}
