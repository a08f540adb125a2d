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
from typing import Any, Dict, List

from seawall.agent import system
from seawall.agent.apps.records import PUBLIC, App, Release
from seawall.agent.system import StepError

ADMINS = ("/run/caddy/admin.sock", "/run/caddy-second/admin.sock")
"""The proxy's, and that of the second one while it is being changed."""
LOCAL = "/run/caddy/local.sock"
"""The same routes as outside, without TLS, for root and the proxy only."""
CONFIGURATION = "/etc/caddy/seawall.json"
SLOTS = 64
"""As many instances as an app can have on a server."""
SETTLE = 0.3
"""Seconds in which a request that read the old port has surely reached its instance."""


def switch(app: App, release: Release) -> None:
    """Send every new request to this release; nothing is written where that is so already."""
    if release.static:
        _serve_files(app, release)
        return
    wanted = {str(slot): str(port).encode() for slot, port in enumerate(release.ports, 1) if port}
    moved = {slot: port for slot, port in wanted.items() if system.read(_path(app, slot)) != port}
    # All are written before the first counts: a disk may fill up, a rename needs no room.
    for slot, port in moved.items():
        system.write(f"{_path(app, slot)}.next", port, PUBLIC)
    for slot in moved:
        os.rename(f"{_path(app, slot)}.next", _path(app, slot))
    if moved:
        system.sync_folder(app.upstreams)
    if wanted:
        _point_the_rest(app, len(wanted))
    if os.path.exists(_path(app, "site")):
        system.remove(_path(app, "site"))


def _serve_files(app: App, release: Release) -> None:
    """From now on the proxy serves this release's folder, whatever ran before."""
    wanted = str(release.source).encode()
    if system.read(_path(app, "site")) != wanted:
        system.write(_path(app, "site"), wanted, PUBLIC)


def _path(app: App, slot: str) -> str:
    return f"{app.upstreams}/{slot}"


def _point_the_rest(app: App, count: int) -> None:
    """Slots without an instance lead to those that have one.

    The proxy may be told of more instances than the serving release has, before the next deploy.
    """
    for slot in range(count + 1, SLOTS + 1):
        path, end = app.upstream(slot), str((slot - 1) % count + 1)
        if not os.path.islink(path) or os.readlink(path) != end:
            fresh = f"{path}.new"
            if os.path.lexists(fresh):
                os.unlink(fresh)
            os.symlink(end, fresh)
            os.rename(fresh, path)


def drained(release: Release, seconds: float) -> float:
    """Wait until no request of a release is left, at most so long; seconds it took."""
    began = time.monotonic()
    if any(release.ports):
        time.sleep(SETTLE)
        while time.monotonic() - began < seconds and is_busy(release.ports):
            time.sleep(0.05)
    return time.monotonic() - began


def is_busy(ports: "tuple[int, ...]") -> bool:
    """True while the proxy waits for an answer from these ports, or does not say."""
    wanted = {f"127.0.0.1:{port}" for port in ports}
    told = [admin(socket, "/reverse_proxy/upstreams") for socket in ADMINS]
    if None in told:
        return True
    found: List[Dict[str, Any]] = [each for upstreams in told for each in upstreams]
    return any(each["num_requests"] > 0 for each in found if each["address"] in wanted)


class _Unix(http.client.HTTPConnection):
    """HTTP over a socket of the proxy."""

    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=10)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def admin(place: str, path: str) -> Any:
    """What a proxy's admin socket answers; [] without a proxy, None when it is mute."""
    connection = _Unix(place)
    try:
        connection.request("GET", path)
        return json.loads(connection.getresponse().read()) or []
    except (FileNotFoundError, ConnectionRefusedError):
        return []
    except (OSError, ValueError, http.client.HTTPException):
        return None
    finally:
        connection.close()


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
    connection = _Unix(LOCAL)
    try:
        asked = {"Seawall-App": name, "Seawall-Release": str(number)}
        connection.request("GET", path, headers=asked)
        answer = connection.getresponse()
        return answer.status, answer.getheader("Seawall-Release") or ""
    except (OSError, http.client.HTTPException) as error:
        raise StepError(f"the proxy does not answer: {error}") from error
    finally:
        connection.close()


def visit(name: str, domain: str, path: str) -> str:
    """What is wrong with what the proxy answers for an app, or nothing."""
    connection = _Unix(LOCAL)
    try:
        connection.request("GET", path or "/", headers={"Host": domain, "Seawall-App": name})
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        return f"{domain}{path}: {error}"
    finally:
        connection.close()
    return f"{domain}{path} answers {status}" if status in (502, 503, 504) else ""
