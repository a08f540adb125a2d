"""Text for channels that take Markdown: every sign that could mean something is defused."""

from __future__ import annotations

import re

_SIGNS = re.compile(r"([\\`*_{}\[\]()<>#+!|~&=-])")
_CALLS = re.compile(r"(@|://|www\.)(?!\s)")
UNSEEN = "\u200b"
"""A space of no width: behind an @, nobody is called."""


def defused(text: str) -> str:
    """Text that looks the same, and is neither markup nor a mention."""
    return quiet(_SIGNS.sub(r"\\\1", text))


def quiet(text: str) -> str:
    """Text that calls nobody, for channels without markup."""
    return _CALLS.sub(rf"\1{UNSEEN}", text)


def block(lines: "list[str] | tuple[str, ...]") -> str:
    """Lines between fences, where nothing means anything and what is copied is what was meant;
    they hold no fence themselves."""
    inside = "\n".join(each.replace("`", "'") for each in lines)
    return f"```\n{inside}\n```"
