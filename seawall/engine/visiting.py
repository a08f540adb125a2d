"""Asks an app's domain what a visitor gets, from this machine: the name, TLS, the status."""

import http.client
import socket
import ssl
import time

from seawall.config import Config
from seawall.engine import doors
from seawall.engine.releases import declared
from seawall.errors import SeawallError
from seawall.kit.released import Visit

SECONDS = 5
"""How long an answer may take."""
PATIENCE = 10
"""Seconds that a first certificate may take to come."""


def visit(config: Config, app: str, server: str) -> Visit | None:
    """What the domain of an app answers; None when it has none."""
    settings = declared(config, app)
    if not settings.domain:
        return None
    url = f"https://{settings.domain}{settings.health or ''}"
    trusted = settings.certificate != "internal"
    deadline = time.monotonic() + PATIENCE
    while True:
        where, at = _address(config, settings.domain, server)
        seen = _asked(url, settings.domain, where, trusted)
        if not seen.problem.startswith("TLS") or time.monotonic() > deadline:
            return Visit(seen.url, seen.status, seen.seconds, seen.tls, seen.problem, at)
        time.sleep(0.5)


def _address(config: Config, domain: str, server: str) -> tuple[str, str]:
    """Where to ask: where the name leads, or the server itself when it leads nowhere."""
    try:
        socket.getaddrinfo(domain, 443, type=socket.SOCK_STREAM)
    except OSError:
        try:
            return doors.server(config, server).address, server
        except SeawallError:
            return domain, ""
    return domain, ""


def _asked(url: str, domain: str, where: str, trusted: bool) -> Visit:
    context = ssl.create_default_context()
    if not trusted:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    began = time.monotonic()
    try:
        with (
            socket.create_connection((where, 443), SECONDS) as plain,
            context.wrap_socket(plain, server_hostname=domain) as secure,
        ):
            status = _status(secure, url, domain)
            return Visit(url, status, time.monotonic() - began, secure.version() or "TLS")
    except ssl.SSLCertVerificationError as error:
        return Visit(url, problem=f"TLS: {error.verify_message}")
    except ssl.SSLError as error:
        return Visit(url, problem=f"TLS: {(error.reason or 'failed').lower().replace('_', ' ')}")
    except (OSError, http.client.HTTPException) as error:
        return Visit(url, problem=str(getattr(error, "strerror", "") or error or "no answer"))


def _status(secure: ssl.SSLSocket, url: str, domain: str) -> int:
    path = url.partition(domain)[2] or "/"
    request = f"GET {path} HTTP/1.1\r\nHost: {domain}\r\nUser-Agent: seawall\r\n"
    secure.sendall(f"{request}Connection: close\r\n\r\n".encode())
    answer = http.client.HTTPResponse(secure, method="GET")
    answer.begin()
    return answer.status
