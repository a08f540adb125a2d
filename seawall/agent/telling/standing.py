"""How telling stands: what is open, what waits, how each channel and each watch is. Reads only."""

from __future__ import annotations

from typing import Any, Dict, List

from seawall.agent.telling import book, health, mutes, outbox, state
from seawall.agent.telling.declared import Declared, declared

NEEDED = {
    "slack": ("url",),
    "discord": ("url",),
    "teams": ("url",),
    "mattermost": ("url",),
    "webhook": ("url",),
    "apprise": ("url",),
    "telegram": ("token",),
    "ntfy": ("topic",),
    "pagerduty": ("key",),
}
"""Secrets without which a channel cannot send; a mail server may need none."""


def standing(now: float) -> Dict[str, Any]:
    """All of it; no secret is in it."""
    told = declared()
    waiting = outbox.waiting()
    mutes_now = mutes.active(now)
    unmuted = [each for each in waiting if not mutes.holds(each, mutes_now)]
    return {
        "now": now,
        "declared": told is not None,
        "channels": _channels(told) if told else {},
        "waiting": len(waiting),
        "oldest": max((now - each.at for each in unmuted), default=0.0),
        "open": book.opened(),
        "mutes": mutes_now,
        "heartbeat": _heartbeat(told) if told else {},
        "peers": _peers(told) if told else {},
    }


def _channels(told: Declared) -> Dict[str, Any]:
    found = {}
    for channel in told.channels:
        known = health.known(channel)
        wanted: List[str] = list(NEEDED.get(channel.kind, ()))
        if channel.kind == "email" and "@" in str(channel.settings.get("smtp", "")):
            wanted = ["password"]
        found[channel.name] = {
            "kind": channel.kind,
            "severity": channel.severity,
            "failing": known.get("failing"),
            "error": channel.hide(str(known.get("error", ""))),
            "proven": known.get("proven"),
            "missing": [name for name in wanted if not channel.secrets.get(name)],
        }
    return found


def _heartbeat(told: Declared) -> Dict[str, Any]:
    if not told.beat:
        return {}
    known = state.load("heartbeat")
    missing = "" if told.heartbeat else "its address is not on this server"
    error = str(known.get("error", "")) or missing
    return {"every": told.beat, "at": known.get("at"), "error": error}


def _peers(told: Declared) -> Dict[str, Any]:
    known = state.load("peers")
    return {
        peer.name: {
            name: known.get(peer.name, {}).get(name) for name in ("seen", "silent", "error")
        }
        for peer in told.peers
    }
