"""Pings by hand, so that what a server answered can be quoted back to it."""

import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager

from conftest import on

from seawall.lab.record import LabServer


@contextmanager
def pinger(server: LabServer, family: str) -> "Iterator[Pinger]":
    """A raw socket towards a server, on IPv4 or IPv6."""
    six = family == "6"
    kinds = (socket.AF_INET6, socket.IPPROTO_ICMPV6) if six else (socket.AF_INET, 1)
    with socket.socket(kinds[0], socket.SOCK_RAW, kinds[1]) as raw:
        raw.settimeout(2)
        raw.connect((server.address6 if six else server.address, 0))
        yield Pinger(server, family, raw)


class Pinger:
    """Asks for echoes, and tells the server about the path they took."""

    def __init__(self, server: LabServer, family: str, raw: socket.socket) -> None:
        self.server, self.family, self.raw = server, family, raw
        self.address = server.address6 if family == "6" else server.address
        self.request, self.reply = (128, 129) if family == "6" else (8, 0)
        self.answer = b""

    def ping(self) -> bool:
        """Ask for an echo; True when it comes back."""
        number = struct.pack("!HH", 4711, 1)
        self.raw.send(self._message(self.request, 0, number + b"seawall"))
        try:
            while self.answer[:1] != bytes([self.reply]) or self.answer[4:8] != number:
                received = self.raw.recv(2000)
                self.answer = received if self.family == "6" else received[20:]
        except TimeoutError:
            return False
        return True

    def say_that_the_path_takes(self, size: int) -> None:
        """Say that its answer was too big for a hop on the way: RFC 792, RFC 4443."""
        if self.family == "6":
            quoted = struct.pack("!IHBB", 6 << 28, len(self.answer), 58, 64)
            kind, code, said = 2, 0, struct.pack("!I", size)
        else:
            length = 20 + len(self.answer)
            quoted = struct.pack("!BBHHHBBH", 0x45, 0, length, 1, 0x4000, 64, 1, 0)
            kind, code, said = 3, 4, struct.pack("!HH", 0, size)
        ends = [self.address, self.raw.getsockname()[0]]
        quoted += b"".join(socket.inet_pton(self.raw.family, each) for each in ends)
        self.raw.send(self._message(kind, code, said + quoted + self.answer))

    def _message(self, kind: int, code: int, rest: bytes) -> bytes:
        """An ICMP message; the kernel itself writes the checksum of IPv6's."""
        empty = struct.pack("!BBH", kind, code, 0) + rest
        total = sum(struct.unpack(f"!{len(empty) // 2 + 1}H", empty + bytes(2 - len(empty) % 2)))
        total = (total & 0xFFFF) + (total >> 16)
        check = ~(total + (total >> 16)) & 0xFFFF if self.family == "4" else 0
        return struct.pack("!BBH", kind, code, check) + rest

    def route(self) -> str:
        """What the server knows of the way to us."""
        return on(self.server, f"ip -{self.family} route get {self.raw.getsockname()[0]}")
