"""Docker's containers and the ports they publish, asked over Docker's own socket."""

from __future__ import annotations

import json
import os
import socket
from typing import Any, Dict

from seawall.agent.probes.reading import Unseen, need_root

SOCKET = "/var/run/docker.sock"
LIMIT = 4 << 20


def containers() -> Dict[str, Any]:
    """The running containers; an empty list where no Docker runs."""
    need_root()
    if not os.path.exists(SOCKET):
        return {"running": []}
    return {"running": [_container(each) for each in ask("/containers/json") or ()][:200]}


def ask(path: str) -> Any:
    """What Docker answers; Unseen when it does not."""
    answer = b""
    try:
        with socket.socket(socket.AF_UNIX) as docker:
            docker.settimeout(3)
            docker.connect(SOCKET)
            docker.sendall(f"GET {path} HTTP/1.0\r\nHost: docker\r\n\r\n".encode())
            while len(answer) < LIMIT:
                more = docker.recv(65536)
                if not more:
                    break
                answer += more
        return json.loads(answer.partition(b"\r\n\r\n")[2])
    except (OSError, ValueError) as error:
        raise Unseen(f"Docker does not answer: {error}", "systemctl status docker") from None


def _container(found: Dict[str, Any]) -> Dict[str, Any]:
    ports = [port for port in found.get("Ports") or [] if port.get("PublicPort")]
    return {
        "name": (found.get("Names") or ["?"])[0].lstrip("/")[:100],
        "image": str(found.get("Image", ""))[:200],
        "published": [
            {"address": p.get("IP", ""), "port": p["PublicPort"], "protocol": p.get("Type", "tcp")}
            for p in ports
        ],
    }
