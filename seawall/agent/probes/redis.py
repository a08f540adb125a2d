"""Redis of this machine: every one that listens, and whether it answers without a password."""

from __future__ import annotations

import socket
from typing import Any, Dict, List

from seawall.agent.probes import listeners

PROGRAMS = ("redis-server", "valkey-server", "keydb-server")
SECONDS = 2.0
USUAL = 6379


def redis() -> Dict[str, Any]:
    """Those that answer PING to whoever asks; `there` is false where none runs."""
    doors = _doors()
    return {"there": bool(doors), "open": [_told(each) for each in doors if _answers(each)]}


def _doors() -> List[Dict[str, Any]]:
    """Where a Redis listens; whoever may not see programs goes by the usual port."""
    try:
        return [each for each in listeners.listeners() if each["process"] in PROGRAMS]
    except PermissionError:
        usual = [each for each in listeners.doors() if each.port == USUAL]
        return [
            {"address": each.address, "port": each.port, "reach": listeners.reach(each.address)}
            for each in usual
        ]


def _told(door: Dict[str, Any]) -> Dict[str, Any]:
    return {name: door[name] for name in ("address", "port", "reach")}


def _answers(door: Dict[str, Any]) -> bool:
    """True when it says PONG, and not that it wants a password."""
    try:
        place = _reachable(door["address"]), door["port"]
        with socket.create_connection(place, timeout=SECONDS) as talk:
            talk.sendall(b"PING\r\n")
            return talk.recv(64).startswith(b"+PONG")
    except OSError:
        return False


def _reachable(address: str) -> str:
    anywhere: List[str] = ["0.0.0.0", "::"]  # noqa: S104  # compared, not listened to
    return ("::1" if ":" in address else "127.0.0.1") if address in anywhere else address
