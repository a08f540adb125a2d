"""Servers watch each other: one that is silent for five minutes, or a site of it that answers
nobody from here, is told by the first of the others that is alive.

What was never seen is not called dead: a firewall may stand between them, and a check says so.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
import time
from typing import Any, Dict, List
from urllib.parse import urlsplit

from seawall.agent.telling import state
from seawall.agent.telling.declared import Channel, Declared, Peer
from seawall.agent.telling.posting import reason
from seawall.agent.telling.suspects import Suspect, looked

EVERY = 55
"""Seconds between two looks, a little less than what the timer has."""
SILENT, DOWN = 5, 3
"""Looks in a row that fail before a server counts as silent, and a site as down."""
SECONDS = 4.0
"""How long a peer may take to answer."""
PORTS = 4
"""Ports of a peer that are tried."""


def look(told: Declared) -> None:
    """Look at every peer, if it is time."""
    known = state.load("peers")
    if not told.peers or 0 <= time.time() - float(known.get("at", 0)) < EVERY:
        return
    seen = _side_by_side(told.peers)
    for peer in told.peers:
        known[peer.name] = _remembered(dict(known.get(peer.name, {})), seen[peer.name])
    state.save("peers", {**known, "at": time.time()})
    for peer in told.peers:
        if known[peer.name].get("seen") is not None and _is_mine(told, peer, seen):
            _judge(told, peer, seen[peer.name])


def _remembered(known: Dict[str, Any], seen: Dict[str, str]) -> Dict[str, Any]:
    known["error"] = seen["server"]
    if not seen["server"]:
        known["seen"] = time.time()
    return known


def _side_by_side(peers: "tuple[Peer, ...]") -> Dict[str, Dict[str, str]]:
    """What was wrong with each server and each of its sites; "" for nothing."""
    found: Dict[str, Dict[str, str]] = {}

    def ask(peer: Peer) -> None:
        found[peer.name] = {"server": answers(peer)}
        if not found[peer.name]["server"]:
            found[peer.name].update({site: serves(peer, site) for site in peer.sites})

    threads = [threading.Thread(target=ask, args=(peer,)) for peer in peers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def answers(peer: Peer) -> str:
    """Why none of its ports answers; "" when one does. A port that is closed is an answer, too."""
    error = "it has no port that is open to everybody"
    for port in peer.ports[:PORTS]:
        try:
            socket.create_connection((peer.address, port), SECONDS).close()
        except ConnectionRefusedError:
            return ""
        except OSError as failed:
            error = reason(failed)
            continue
        return ""
    return error


def serves(peer: Peer, site: str) -> str:
    """Why a site of it does not answer as it should; "" when it does."""
    try:
        plain = socket.create_connection((peer.address, 443), SECONDS)
        context = ssl.create_default_context()
        connection = http.client.HTTPConnection(site, timeout=SECONDS)
        connection.sock = context.wrap_socket(plain, server_hostname=site)
        try:
            connection.request("GET", "/", headers={"User-Agent": "seawall"})
            status = connection.getresponse().status
        finally:
            connection.close()
    except (OSError, http.client.HTTPException) as failed:
        return reason(failed)
    return f"it answers {status}" if status >= 500 else ""


def _is_mine(told: Declared, peer: Peer, seen: Dict[str, Dict[str, str]]) -> bool:
    """True for the first of the servers that are alive: the others leave it to that one."""
    alive = [
        name
        for name in told.order
        if name == told.server or (name != peer.name and name in seen and not seen[name]["server"])
    ]
    return not alive or alive[0] == told.server


def _judge(told: Declared, peer: Peer, seen: Dict[str, str]) -> None:
    silent = Suspect(
        "server-silent",
        peer.name,
        SILENT,
        f"{peer.name} does not answer, says {told.server}",
        f"{peer.name} answers again, says {told.server}",
        advice=(
            "Look at it in your provider's console: is it on, is there an incident?",
            "Gone for good? seawall rebuild brings it back from its copies.",
        ),
        command=f"seawall check {peer.name}",
    )
    looked(told, silent, seen["server"], lambda: reaches_outside(told.channels))
    for site in peer.sites if not seen["server"] else ():
        down = Suspect(
            "site-down",
            site,
            DOWN,
            f"{site} on {peer.name} does not answer, says {told.server}",
            f"{site} on {peer.name} answers again, says {told.server}",
            advice=("Look whether the app runs, and what it said last.",),
            command=f"seawall check {peer.name}",
        )
        looked(told, down, seen[site], lambda: True)


def reaches_outside(channels: "tuple[Channel, ...]") -> bool:
    """False when this server reaches nobody: then it is the one that is cut off."""
    places = [place for channel in channels for place in _places(channel)]
    return not places or any(_opens(host, port) for host, port in places[:PORTS])


def _places(channel: Channel) -> "List[tuple[str, int]]":
    found = []
    for text in (*channel.settings.values(), *channel.secrets.values()):
        parts = urlsplit(str(text)) if "://" in str(text) else None
        if parts and parts.hostname and parts.scheme in ("https", "http", "smtp", "smtps"):
            usual = {"https": 443, "http": 80, "smtp": 587, "smtps": 465}[parts.scheme]
            found.append((parts.hostname, parts.port or usual))
    return found


def _opens(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), SECONDS).close()
    except OSError:
        return False
    return True
