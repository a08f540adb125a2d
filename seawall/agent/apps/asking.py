"""One GET over an open socket, of whose answer only the status is read.

Small on purpose: the watch stays in memory for ever, and a deploy waits for whatever it loads.
What it does not understand is an error, never a guess.
"""

from __future__ import annotations

import re
import socket
import time
from typing import Dict

MOST = 65536
"""Bytes of headers that may come before a final status."""
STATUS = re.compile(rb"HTTP/1\.[01] ([1-5][0-9][0-9])(?: [^\r\n]*)?\r?\n")


class NotHttp(Exception):
    """What came is no answer in HTTP/1."""


def status(connection: socket.socket, path: str, headers: Dict[str, str], seconds: float) -> int:
    """Ask for a path; the answer's status. OSError when none comes in time, NotHttp for noise."""
    deadline = time.monotonic() + seconds
    lines = [f"GET {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    if any(ord(letter) < 33 or ord(letter) > 126 for letter in path) or "\n" in "".join(lines):
        raise NotHttp(f"{path!r} is no path")
    connection.settimeout(seconds)
    connection.sendall("\r\n".join([*lines, "Connection: close", "", ""]).encode())
    seen = b""
    while True:
        code, seen = _final(seen)
        if code:
            return code
        seen += _more(connection, deadline)
        if len(seen) > MOST:
            raise NotHttp("its headers do not end")


def _final(seen: bytes) -> "tuple[int, bytes]":
    """The status that is not an interim one, and what has to be read again when more comes."""
    while b"\n" in seen:
        found = STATUS.match(seen)
        if not found:
            raise NotHttp("no status line")
        code = int(found[1])
        if code >= 200 or code == 101:
            return code, b""
        end = re.search(rb"\r?\n\r?\n", seen)
        if not end:
            break
        seen = seen[end.end() :]
    return 0, seen


def _more(connection: socket.socket, deadline: float) -> bytes:
    left = deadline - time.monotonic()
    if left <= 0:
        raise socket.timeout("timed out")
    connection.settimeout(left)
    part = connection.recv(4096)
    if not part:
        raise ConnectionResetError("closed connection without an answer")
    return part
