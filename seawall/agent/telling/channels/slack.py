"""Slack, by an incoming webhook. Everything is a plain-text object: nothing in it is a mention."""

from __future__ import annotations

from typing import Any, Dict, List

from seawall.agent.telling import posting
from seawall.agent.telling.channels import secret
from seawall.agent.telling.declared import Channel
from seawall.agent.telling.letter import Letter

TITLE, TEXT, BLOCKS = 150, 3000, 45
"""The most characters of a header and of a text, and the most blocks, that Slack takes."""


def send(channel: Channel, letter: Letter) -> str:
    """Post; Slack answers `ok`."""
    return posting.post(secret(channel, "url"), content(letter)).receipt


def content(letter: Letter) -> Dict[str, Any]:
    """The post: its blocks, and the line that a notification shows."""
    blocks = [{"type": "header", "text": _plain(letter.title, TITLE)}]
    for heading, lines in letter.parts:
        text = "\n".join([*([heading] if heading else []), *lines])
        blocks.append({"type": "section", "text": _plain(text, TEXT)})
    foot = "\n".join(filter(None, [letter.quiet, letter.foot]))
    context: Dict[str, Any] = {"type": "context", "elements": [_plain(foot, TEXT)]}
    found: List[Dict[str, Any]] = [*blocks[:BLOCKS], context]
    return {
        "text": escaped(letter.title),
        "mrkdwn": False,
        "parse": "none",
        "link_names": False,
        "unfurl_links": False,
        "unfurl_media": False,
        "blocks": found,
    }


def _plain(text: str, most: int) -> Dict[str, Any]:
    return {"type": "plain_text", "text": text[:most], "emoji": False}


def escaped(text: str) -> str:
    """Text in which Slack finds no mention and no link."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
