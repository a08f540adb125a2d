"""Posts to a webhook, and says what the answer means. Never follows a redirect, never sends in
the clear to somewhere else, and reads no more of an answer than a receipt needs.
"""

from __future__ import annotations

import http.client
import ipaddress
import json
import socket
import ssl
from typing import Any, Dict, NamedTuple, Optional
from urllib.parse import urlsplit

from seawall.agent.telling.message import line
from seawall.agent.telling.refused import Refused

SECONDS = 15.0
"""How long a channel may take to answer."""
MOST = 20_000
"""Bytes of an answer that are read."""
AGENT = "seawall"
MESSAGE = (400, 413, 422)
"""Answers to a message that is not liked; the next one may be."""
LATER = (408, 425, 429)


class Answer(NamedTuple):
    """What came back."""

    status: int
    text: str

    @property
    def receipt(self) -> str:
        """As a person reads it."""
        return line(f"HTTP {self.status} {self.text}"[:200])

    def json(self) -> Dict[str, Any]:
        """Its content; empty when it is none."""
        try:
            return dict(json.loads(self.text))
        except (ValueError, TypeError):
            return {}


def post(url: str, told: Any, headers: Optional[Dict[str, str]] = None) -> Answer:
    """Post JSON, or text as it is; Refused unless the answer is one of success."""
    kind = "text/plain; charset=utf-8" if isinstance(told, str) else "application/json"
    body = told if isinstance(told, str) else json.dumps(told)
    return ask(url, body.encode(), {"Content-Type": kind, **(headers or {})})


def ask(url: str, body: Optional[bytes], headers: Dict[str, str]) -> Answer:
    """Ask with a body, or without one; Refused unless the answer is one of success."""
    try:
        connection, path = _connection(url)
        with_agent = {"User-Agent": AGENT, **headers}
        try:
            connection.request("POST" if body is not None else "GET", path, body, with_agent)
            response = connection.getresponse()
            text = response.read(MOST).decode("utf-8", "replace")
        finally:
            connection.close()
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise Refused(reason(error)) from error
    answer = Answer(response.status, line(text))
    if not 200 <= answer.status < 300:
        raise refusal(answer, response.headers.get("Retry-After", ""))
    return answer


def _connection(url: str) -> "tuple[http.client.HTTPConnection, str]":
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme not in ("https", "http") or not host or not url.isprintable() or " " in url:
        raise Refused("its address is not one of the web", lasting=True)
    path = f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
    if parts.scheme == "https":
        context = ssl.create_default_context()
        return http.client.HTTPSConnection(host, parts.port, timeout=SECONDS, context=context), path
    if not is_near(host):
        raise Refused("its address begins with http: and would be sent in the clear", lasting=True)
    return http.client.HTTPConnection(host, parts.port, timeout=SECONDS), path


def is_near(host: str) -> bool:
    """True for this machine and private networks, where nothing has to be encrypted."""
    if host == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or address.is_private


def refusal(answer: Answer, after: str = "") -> Refused:
    """What an answer that is none of success means."""
    if answer.status in MESSAGE:
        return Refused(answer.receipt, message=True)
    again = answer.status >= 500 or answer.status in LATER
    wait = float(after) if after.isdigit() else 0.0
    return Refused(answer.receipt, lasting=not again, after=min(wait, 3600.0))


def reason(error: Exception) -> str:
    """Why nothing came back, in words."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not good: {error.verify_message}"
    if isinstance(error, (socket.timeout, TimeoutError)):
        return f"no answer within {SECONDS:g} s"
    if isinstance(error, socket.gaierror):
        return "its name is not known to the DNS"
    if isinstance(error, OSError) and error.strerror:
        return str(error.strerror).lower()
    return f"{type(error).__name__}: {error}"
