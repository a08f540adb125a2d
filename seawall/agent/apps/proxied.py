"""What the proxy says: who still waits for an answer, whom it knows, and whether it serves an app.

Its admin socket tells how many requests an address still has: only when that is none, or the drain
is over, an old release is stopped, so that apps need no graceful shutdown of their own.
"""

from __future__ import annotations

import json
import socket
import time
from typing import Any, Dict, List

from seawall.agent import system
from seawall.agent.apps import asking
from seawall.agent.apps.records import Release
from seawall.agent.system import StepError

ADMINS = ("/run/caddy/admin.sock", "/run/caddy-second/admin.sock")
"""The proxy's, and that of the second one while it is being changed."""
LOCAL = "/run/caddy/local.sock"
"""The same routes as outside, without TLS, for root and the proxy only."""
CONFIGURATION = "/etc/caddy/seawall.json"
PATIENCE = 10
"""Seconds that an answer of the proxy may take."""
SETTLE = 0.3
"""Seconds in which a request that read the old port has surely reached its instance."""


def drained(release: Release, seconds: float, switched: float) -> None:
    """Wait until no request of a release is left, at most so long.

    `switched` is when it got its last new request, in seconds of the monotonic clock.
    """
    if not any(release.ports):
        return
    time.sleep(max(0.0, switched + SETTLE - time.monotonic()))
    deadline = time.monotonic() + seconds
    while is_busy(release.ports) and time.monotonic() < deadline:
        time.sleep(0.02)


def is_busy(ports: "tuple[int, ...]") -> bool:
    """True while the proxy waits for an answer from these ports, or does not say."""
    wanted = {f"127.0.0.1:{port}" for port in ports}
    told = [admin(socket, "/reverse_proxy/upstreams") for socket in ADMINS]
    if None in told:
        return True
    found: List[Dict[str, Any]] = [each for upstreams in told for each in upstreams]
    return any(each["num_requests"] > 0 for each in found if each["address"] in wanted)


def _connected(place: str) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(PATIENCE)
    try:
        connection.connect(place)
    except OSError:
        connection.close()
        raise
    return connection


def admin(place: str, path: str) -> Any:
    """What a proxy's admin socket answers; [] without a proxy, None when it is mute."""
    answer = b""
    try:
        with _connected(place) as connection:
            # Asked in HTTP/1.0, it sends the whole as it is and hangs up.
            connection.sendall(f"GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n".encode())
            while part := connection.recv(65536):
                answer += part
        head, _, body = answer.partition(b"\r\n\r\n")
        return (json.loads(body) or []) if b" 200 " in head.split(b"\r\n")[0] else None
    except (FileNotFoundError, ConnectionRefusedError):
        return []
    except (OSError, ValueError):
        return None


def hosts() -> List[str]:
    """The domains that the proxy is configured for."""
    try:
        known = json.loads(system.read(CONFIGURATION) or b"null")
        routes = known["apps"]["http"]["servers"]["web"]["routes"]
        return [
            host for route in routes for match in route["match"] for host in match.get("host", ())
        ]
    except (ValueError, TypeError, LookupError):
        return []


def verify(name: str, domain: str, path: str) -> None:
    """Ask the proxy for this app under its domain, as from outside; StepError when nobody serves.

    Without TLS, on a socket of the proxy: a first certificate may still be on its way.
    """
    deadline = time.monotonic() + 5
    while True:
        fault = visit(name, domain, path)
        if not fault:
            return
        if time.monotonic() > deadline:
            raise StepError(f"the proxy does not serve it: {fault}")
        time.sleep(0.1)


def preview(name: str, number: int, path: str) -> "tuple[int, str]":
    """Ask the proxy for a file of a release that does not serve yet: the status, and which
    release it says it is; "" from a proxy that knows no folder of this app."""
    import http.client  # here: only a static site has use for what takes so long to load

    asked = {"Seawall-App": name, "Seawall-Release": str(number)}
    connection = http.client.HTTPConnection("localhost")
    try:
        connection.sock = _connected(LOCAL)
        connection.request("GET", path, headers=asked)
        answer = connection.getresponse()
        return answer.status, answer.getheader("Seawall-Release") or ""
    except (OSError, http.client.HTTPException) as error:
        raise StepError(f"the proxy does not answer: {error}") from error
    finally:
        connection.close()


def ask_peer(name: str, peer: str) -> "tuple[int, str]":
    """Let the proxy ask another server which release of an app it serves: status and answer."""
    import http.client  # here: only a check has use for what takes so long to load

    connection = http.client.HTTPConnection("localhost")
    try:
        connection.sock = _connected(LOCAL)
        connection.request("GET", "/", headers={"Seawall-App": name, "Seawall-Peer": peer})
        answer = connection.getresponse()
        return answer.status, answer.read(1000).decode("ascii", "replace")
    except (OSError, http.client.HTTPException) as error:
        raise StepError(f"the proxy does not answer: {error}") from error
    finally:
        connection.close()


def visit(name: str, domain: str, path: str) -> str:
    """What is wrong with what the proxy answers for an app, or nothing."""
    try:
        with _connected(LOCAL) as connection:
            asked = {"Host": domain, "Seawall-App": name}
            status = asking.status(connection, path or "/", asked, PATIENCE)
    except (OSError, asking.NotHttp) as error:
        return f"{domain}{path}: {error}"
    return f"{domain}{path} answers {status}" if status in (502, 503, 504) else ""
