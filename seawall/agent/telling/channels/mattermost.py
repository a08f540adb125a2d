"""Mattermost (and Rocket.Chat), by an incoming webhook. Markup and mentions are defused."""

from __future__ import annotations

from typing import Any, Dict

from seawall.agent.telling import posting
from seawall.agent.telling.channels import secret
from seawall.agent.telling.declared import Channel
from seawall.agent.telling.letter import Letter
from seawall.agent.telling.marks import block, defused

MOST = 15_000
"""Characters; Mattermost takes 16,383."""


def send(channel: Channel, letter: Letter) -> str:
    """Post; Mattermost answers `ok`."""
    return posting.post(secret(channel, "url"), content(letter)).receipt


def content(letter: Letter) -> Dict[str, Any]:
    """The post."""
    found = [f"**{defused(letter.title)}**"]
    for heading, lines in letter.parts:
        found += [f"**{heading}**", block(lines)] if heading else [*map(defused, lines)]
    last = " ".join(filter(None, [letter.quiet and f"`{letter.quiet}`", defused(letter.foot)]))
    text = "\n".join(found)
    return {"text": f"{text if len(text) < MOST else found[0]}\n{last}"}
