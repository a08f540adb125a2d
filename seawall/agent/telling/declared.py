"""What seawall.yml says about telling, as it lies on the server, and the secrets it needs.

systemd hands both to the unit as credentials, so that its user can read nothing else of ours.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from typing import Any, Dict, List, Optional, Tuple

from seawall.agent import system

FOLDER = "/etc/seawall"


@dataclass(frozen=True)
class Channel:
    """One way to a person: its kind, the least severity it gets, settings and secrets."""

    name: str
    kind: str
    severity: str
    settings: Dict[str, Any]
    secrets: Dict[str, str] = field(default_factory=dict, repr=False)

    def hide(self, text: str) -> str:
        """A text without any of the secrets, whole or in part."""
        for secret in self.secrets.values():
            for part in sorted({secret, *secret.split("/"), *secret.split("?")}, key=len)[::-1]:
                if len(part) >= SHORT and part not in ("https:", "http:"):
                    text = text.replace(part, "(secret)")
        return text


SHORT = 6
"""Characters below which a part of a secret is no secret."""


@dataclass(frozen=True)
class Peer:
    """Another server: where it answers, and the sites that it serves."""

    name: str
    address: str
    ports: Tuple[int, ...]
    sites: Tuple[str, ...] = ()


@dataclass(frozen=True)
class Declared:
    """All of it. `beat` is how many seconds lie between two heartbeats."""

    project: str
    server: str
    channels: Tuple[Channel, ...]
    heartbeat: str = field(default="", repr=False)
    beat: int = 300
    peers: Tuple[Peer, ...] = ()
    order: Tuple[str, ...] = ()
    """Every server of the project, as seawall.yml has them."""

    def channel(self, name: str) -> Optional[Channel]:
        """The channel of this name."""
        return next((each for each in self.channels if each.name == name), None)


def declared() -> Optional[Declared]:
    """What this server was told; None where nothing is set up."""
    told, hidden = _read("alerts.json"), _read("alerts.secrets.json") or {}
    if told is None:
        return None
    return Declared(
        str(told["project"]),
        str(told["server"]),
        tuple(_channel(each, hidden) for each in told["channels"]),
        str(told["heartbeat"] or hidden.get("heartbeat", {}).get("url", "")),
        int(told["beat"]),
        tuple(_peer(each) for each in told["peers"]),
        tuple(told["order"]),
    )


def _read(name: str) -> Optional[Dict[str, Any]]:
    content = system.read(f"{os.environ.get('CREDENTIALS_DIRECTORY') or FOLDER}/{name}")
    return None if content is None else dict(json.loads(content))


def _channel(told: Dict[str, Any], hidden: Dict[str, Dict[str, str]]) -> Channel:
    name = str(told["name"])
    secrets = hidden.get(name, {})
    return Channel(name, str(told["kind"]), str(told["severity"]), dict(told["settings"]), secrets)


def _peer(told: Dict[str, Any]) -> Peer:
    ports: List[int] = list(told["ports"])
    return Peer(str(told["name"]), str(told["address"]), tuple(ports), tuple(told["sites"]))
