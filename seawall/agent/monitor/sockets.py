"""Which ports of this server listen, by asking the kernel for those alone (sock_diag(7)).

/proc/net/tcp has the same, but makes the kernel walk through all connections there could be: a
hundred times as much work on a large machine.
"""

from __future__ import annotations

import _socket
import struct

FAMILIES = (2, 10)
TCP, LISTEN = 6, 1 << 10
DIAG, BY_FAMILY = 4, 20
REQUEST_ALL = 0x301
DONE, ERROR = 3, 2
HEAD = struct.Struct("=IHHII")
SECONDS = 2.0
LOOPBACK6 = b"\0" * 15 + b"\1"
MAPPED = b"\0" * 10 + b"\xff\xff\x7f"


def listening() -> "set[str] | None":
    """The TCP ports that others may reach, as tcp/8080; None where the kernel does not tell."""
    try:
        asked = _socket.socket(_socket.AF_NETLINK, _socket.SOCK_RAW, DIAG)
    except OSError:
        return None
    try:
        asked.settimeout(SECONDS)
        return {port for family in FAMILIES for port in _of(asked, family)}
    except (OSError, ValueError):
        return None
    finally:
        asked.close()


def _of(asked: "_socket.socket", family: int) -> "set[str]":
    wanted = struct.pack("=BBBxI", family, TCP, 0, LISTEN) + b"\0" * 48
    asked.send(HEAD.pack(HEAD.size + len(wanted), BY_FAMILY, REQUEST_ALL, family, 0) + wanted)
    found: "set[str]" = set()
    while True:
        ended, ports = taken(asked.recv(65536))
        found |= ports
        if ended:
            return found


def taken(content: bytes) -> "tuple[bool, set[str]]":
    """Whether an answer is the last, and the ports in it; ValueError when it is none."""
    at = 0
    found: "set[str]" = set()
    while at + HEAD.size <= len(content):
        length, kind = HEAD.unpack_from(content, at)[:2]
        if kind == DONE:
            return True, found
        if kind == ERROR or length < HEAD.size + 24 or at + length > len(content):
            raise ValueError("not an answer")
        inner = content[at + HEAD.size : at + length]
        [port] = struct.unpack_from(">H", inner, 4)
        if not _loopback(inner[0], inner[8:24]):
            found.add(f"tcp/{port}")
        at += (length + 3) & ~3
    if not content:
        raise ValueError("no answer")
    return False, found


def _loopback(family: int, address: bytes) -> bool:
    if family == FAMILIES[0]:
        return address[:1] == b"\x7f"
    return address == LOOPBACK6 or address.startswith(MAPPED)
