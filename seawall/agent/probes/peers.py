"""What the other servers of an app say that they serve, asked by this server's own proxy."""

from __future__ import annotations

import json
from typing import Any, Dict, Iterator, Tuple

from seawall.agent import system
from seawall.agent.apps import proxied
from seawall.agent.probes.reading import need_root, text

RELEASE = 20
"""Characters of an answer that are kept: a release is a number."""


def peers() -> Dict[str, Any]:
    """For each shared app the release here, and the release or the problem at each peer."""
    need_root()
    found: Dict[str, Any] = {}
    for app, peer in _questions():
        here = text(f"/srv/apps/{app}/serving").strip()
        known = found.setdefault(app, {"serving": here, "peers": {}})
        known["peers"][peer] = _asked(app, peer)
    return found


def _questions() -> Iterator[Tuple[str, str]]:
    """App and peer of each question that the proxy was prepared for."""
    told = json.loads(system.read(proxied.CONFIGURATION) or b"{}")
    servers = told.get("apps", {}).get("http", {}).get("servers", {})
    for route in servers.get("local", {}).get("routes", ()):
        for match in route.get("match", ()):
            headers = match.get("header", {})
            if "Seawall-Peer" in headers:
                yield headers["Seawall-App"][0], headers["Seawall-Peer"][0]


def _asked(app: str, peer: str) -> Dict[str, str]:
    status, answer = proxied.ask_peer(app, peer)
    if status == 200:
        return {"serving": answer.strip()[:RELEASE]}
    if status == 404:
        return {"problem": "its proxy knows nothing of this app"}
    return {"problem": "no connection" if status in (502, 503, 504) else f"it answers {status}"}
