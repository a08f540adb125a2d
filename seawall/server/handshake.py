"""What a visitor of a domain gets from a server: its certificate, its protocol, its answer.

The server is asked by its address, so this works before the domain leads there.
"""

import hashlib
import http.client
import os
import socket
import ssl
from typing import Any

from seawall.agent.probes.certificates import validity

SECONDS = 5.0
"""How long each of the steps may take."""
OLD_CIPHERS = "c013c014c009c00a002f0035"
"""What TLS 1.1 can do at best."""


def look(address: str, name: str, roots: str = "") -> dict[str, Any]:
    """The certificate on the wire, who vouches for it, and what http and https answer.

    `roots` are trusted besides this machine's own authorities. {"unknown": …} when nobody
    answers on port 443.
    """
    try:
        seen = _certificate(address, name)
    except OSError as error:
        why = getattr(error, "reason", "") or error.strerror or error
        return {"unknown": f"{name}: no TLS on {address}:443: {why}"}
    distrusted = _distrusted(address, name, roots)
    return seen | {
        "distrusted": distrusted,
        "old": speaks_old(address, name),
        "https": _answer(address, name, secure=True),
        "http": _answer(address, name, secure=False),
    }


def _certificate(address: str, name: str) -> dict[str, Any]:
    with _secured(address, name, _blind()) as connection:
        shown = connection.getpeercert(binary_form=True) or b""
        begins, ends = validity(shown)
        digest = hashlib.sha256(shown).hexdigest()
        return {"begins": begins, "ends": ends, "sha256": digest, "tls": connection.version()}


def _secured(address: str, name: str, context: ssl.SSLContext) -> ssl.SSLSocket:
    plain = socket.create_connection((address, 443), SECONDS)
    try:
        return context.wrap_socket(plain, server_hostname=name)
    except BaseException:
        plain.close()
        raise


def _blind() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _distrusted(address: str, name: str, roots: str) -> str:
    """Why a browser would warn; "" when it would not."""
    context = ssl.create_default_context()
    if roots:
        context.load_verify_locations(cadata=roots)
    try:
        _secured(address, name, context).close()
    except ssl.SSLCertVerificationError as error:
        return error.verify_message
    except OSError as error:
        return str(error)
    return ""


def _answer(address: str, name: str, *, secure: bool) -> dict[str, Any]:
    """Status, and the headers that checks look at; `problem` when there is no answer."""
    connection = http.client.HTTPConnection(address, 443 if secure else 80, timeout=SECONDS)
    try:
        if secure:
            connection.sock = _secured(address, name, _blind())
        connection.request("GET", "/", headers={"Host": name, "User-Agent": "seawall"})
        answer = connection.getresponse()
        headers = {key: answer.getheader(key, "") for key in ("Location", "Retry-After")}
        return {"status": answer.status, **headers}
    except (OSError, http.client.HTTPException) as error:
        return {"status": 0, "problem": str(getattr(error, "strerror", "") or error)}
    finally:
        connection.close()


def speaks_old(address: str, name: str) -> bool:
    """True when the server agrees to TLS 1.1, which our own OpenSSL no longer speaks."""
    try:
        with socket.create_connection((address, 443), SECONDS) as connection:
            connection.sendall(hello(name))
            return connection.recv(5)[:1] == b"\x16"
    except OSError:
        return False


def hello(name: str) -> bytes:
    """The first message of a client that knows TLS 1.0 and 1.1 only (RFC 4346, 7.4.1.2)."""
    host = name.encode("ascii")
    server_name = _sized(b"\x00" + _sized(host, 2), 2)
    curves, points = _sized(bytes.fromhex("001700180019"), 2), b"\x01\x00"
    pairs = ((0, server_name), (10, curves), (11, points))
    extensions = b"".join(kind.to_bytes(2, "big") + _sized(body, 2) for kind, body in pairs)
    ciphers = _sized(bytes.fromhex(OLD_CIPHERS), 2)
    body = b"\x03\x02" + os.urandom(32) + b"\x00" + ciphers + b"\x01\x00" + _sized(extensions, 2)
    return b"\x16\x03\x01" + _sized(b"\x01" + _sized(body, 3), 2)


def _sized(content: bytes, size: int) -> bytes:
    """The content behind its length in so many bytes."""
    return len(content).to_bytes(size, "big") + content
