"""A letter as HTML, for mailboxes: quiet, readable in the dark, and without anything loaded from
elsewhere. Whatever it holds is escaped."""

from __future__ import annotations

from html import escape
from typing import List

from seawall.agent.telling.letter import Letter, Part

COLOURS = {"critical": "#b42318", "warning": "#b54708", "info": "#175cd3"}
WELL = "#067647"
WHOLE = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
</head>
<body style="margin:0;padding:24px;font:16px/1.5 system-ui,sans-serif">
<div style="max-width:640px;border-left:4px solid {colour};padding-left:16px">
<h1 style="font-size:20px;margin:0 0 12px">{title}</h1>
{parts}
<p style="font-size:13px;opacity:.7;margin:20px 0 0">{foot}</p>
</div>
</body>
</html>
"""
CODE = "font:14px/1.4 ui-monospace,monospace;white-space:pre-wrap;overflow-wrap:anywhere"


def page(letter: Letter) -> str:
    """The whole page."""
    message = letter.message
    colour = WELL if message.kind == "resolve" else COLOURS[message.severity]
    foot = [f"You know, and want no reminder: <code>{escape(letter.quiet)}</code>"]
    foot = [*(foot if letter.quiet else []), escape(letter.foot)]
    return WHOLE.format(
        title=escape(letter.title),
        colour=colour,
        parts="\n".join(line for part in letter.parts for line in _part(part)),
        foot="<br>".join(foot),
    )


def _part(part: Part) -> List[str]:
    heading, lines = part
    if not heading:
        return [f'<p style="margin:0 0 4px">{escape(each)}</p>' for each in lines]
    return [
        f'<h2 style="font-size:15px;margin:18px 0 4px">{escape(heading)}</h2>',
        *(_line(each) for each in lines),
    ]


def _line(text: str) -> str:
    if text.startswith("$ "):
        return f'<p style="margin:6px 0;{CODE}">{escape(text)}</p>'
    return f'<p style="margin:0 0 4px;overflow-wrap:anywhere">{escape(text)}</p>'
