"""Who gets the requests: one small file for each instance, read by the proxy.

Caddy reads the port at every request from the placeholder {file.…}; a rename is the whole switch.
Its admin socket tells how many requests an address still has: only when that is none, or the drain
is over, the old release is stopped, so that apps need no graceful shutdown of their own.
"""

from __future__ import annotations

import http.client
import json
import os
import socket
import time
from typing import Any, Dict, List, Optional

from seawall.agent import system
from seawall.agent.apps.records import PUBLIC, App, Release
from seawall.agent.system import StepError

ADMIN = "/run/caddy/admin.sock"
LOCAL = "/run/caddy/local.sock"
"""The same routes as outside, without TLS, for root and the proxy only."""
CONFIGURATION = "/etc/caddy/seawall.json"
SETTLE = 0.3
"""Seconds in which a request that read the old port has surely reached its instance."""


def switch(app: App, release: Release) -> None:
    """Send every new request to this release."""
    for slot, port in enumerate(release.ports, 1):
        system.write(app.upstream(slot), str(port).encode(), PUBLIC)
    _forget_surplus(app, len(release.ports))


def _forget_surplus(app: App, slots: int) -> None:
    """Instances that no longer exist point to the first one, which the proxy may still ask for."""
    for name in os.listdir(app.upstreams):
        if name.isdigit() and int(name) > slots:
            first = system.read(app.upstream(1)) or b""
            system.write(f"{app.upstreams}/{name}", first, PUBLIC)


def drained(release: Optional[Release], seconds: float) -> float:
    """Wait until no request of a release is left, at most so long; seconds it took."""
    began = time.monotonic()
    time.sleep(SETTLE)
    while release and time.monotonic() - began < seconds:
        if not in_flight(release.ports):
            break
        time.sleep(0.05)
    return time.monotonic() - began


def in_flight(ports: "tuple[int, ...]") -> int:
    """Requests that the proxy is waiting for from these ports."""
    wanted = {f"127.0.0.1:{port}" for port in ports}
    found: List[Dict[str, Any]] = admin("/reverse_proxy/upstreams") or []
    return sum(int(each["num_requests"]) for each in found if each["address"] in wanted)


class _Unix(http.client.HTTPConnection):
    """HTTP over a socket of the proxy."""

    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=10)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def admin(path: str) -> Any:
    """What the proxy's admin socket answers; None when it does not."""
    connection = _Unix(ADMIN)
    try:
        connection.request("GET", path)
        return json.loads(connection.getresponse().read())
    except (OSError, ValueError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def hosts() -> List[str]:
    """The domains that the proxy is configured for."""
    try:
        known = json.loads(system.read(CONFIGURATION) or b"null")
        routes = known["apps"]["http"]["servers"]["web"]["routes"]
        return [host for route in routes for match in route["match"] for host in match["host"]]
    except (ValueError, TypeError, LookupError):
        return []


def verify(domain: str, path: str) -> None:
    """Ask the proxy for the domain, as from outside; StepError when nobody serves.

    Without TLS, on a socket of the proxy: a first certificate may still be on its way.
    """
    deadline = time.monotonic() + 5
    while True:
        fault = _visit(domain, path)
        if not fault:
            return
        if time.monotonic() > deadline:
            raise StepError(f"the proxy does not serve it: {fault}")
        time.sleep(0.1)


def _visit(domain: str, path: str) -> str:
    connection = _Unix(LOCAL)
    try:
        connection.request("GET", path or "/", headers={"Host": domain})
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        return f"{domain}{path}: {error}"
    finally:
        connection.close()
    return f"{domain}{path} answers {status}" if status in (502, 503, 504) else ""
