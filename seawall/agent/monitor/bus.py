"""As much of D-Bus as it takes to ask systemd a question, without a library and without a program
started for each: a question costs a third of a millisecond.

Only reads. Whatever is answered is taken apart with its bounds in view.
"""

from __future__ import annotations

import _socket
import os
import struct

SOCKET = "/run/dbus/system_bus_socket"
SYSTEMD = ("org.freedesktop.systemd1", "/org/freedesktop/systemd1")
MANAGER = "org.freedesktop.systemd1.Manager"
PROPERTIES = "org.freedesktop.DBus.Properties"
SECONDS = 5.0
LARGEST = 4 << 20


class BusError(Exception):
    """The bus does not answer, or not with what was asked for."""


def string(value: str) -> bytes:
    """A string as it is sent."""
    content = value.encode()
    return struct.pack("<I", len(content)) + content + b"\0"


def strings(values: "list[str]") -> bytes:
    """A list of strings as it is sent."""
    inner = b""
    for value in values:
        inner += b"\0" * (-len(inner) % 4) + string(value)
    return struct.pack("<I", len(inner)) + inner


def texts(*values: str) -> bytes:
    """Several strings, one after the other."""
    out = b""
    for value in values:
        out += b"\0" * (-len(out) % 4) + string(value)
    return out


def _field(code: int, signature: str, value: str) -> bytes:
    content = bytes([len(value)]) + value.encode() + b"\0"  # a signature
    if signature != "g":
        content = string(value)
    head = bytes([code, 1]) + signature.encode() + b"\0"
    return head + content


def call(serial: int, where: "tuple[str, str, str, str]", signature: str, body: bytes) -> bytes:
    """A whole call: `where` is destination, path, interface and member."""
    fields = b""
    named = [(6, "s", where[0]), (1, "o", where[1]), (2, "s", where[2]), (3, "s", where[3])]
    if signature:
        named.append((8, "g", signature))
    for code, kind, value in named:
        fields += b"\0" * (-len(fields) % 8) + _field(code, kind, value)
    head = struct.pack("<BBBBIII", ord("l"), 1, 0, 1, len(body), serial, len(fields))
    whole = head + fields
    return whole + b"\0" * (-len(whole) % 8) + body


class Reader:
    """Takes an answer apart; BusError where it is not as it should be."""

    def __init__(self, content: bytes, order: str = "<") -> None:
        self.content, self.order, self.at = content, order, 0

    def align(self, to: int) -> None:
        """Go on at the next place that is a multiple."""
        self.at += -self.at % to

    def number(self, code: str) -> int:
        """A number of this kind of struct's."""
        size = struct.calcsize(code)
        self.align(size)
        try:
            [value] = struct.unpack_from(f"{self.order}{code}", self.content, self.at)
        except struct.error as error:
            raise BusError("the answer is cut off") from error
        self.at += size
        return int(value)

    def text(self) -> str:
        """A string or a path."""
        return self._text(self.number("I"))

    def signature(self) -> str:
        """What kind of value comes next."""
        return self._text(self.number("B"))

    def _text(self, length: int) -> str:
        end = self.at + length
        if end >= len(self.content):
            raise BusError("the answer is cut off")
        value = self.content[self.at : end].decode("utf-8", "replace")
        self.at = end + 1
        return value

    def variant(self) -> "int | str":
        """A single value of the kinds that are asked for here."""
        kind = self.signature()
        if kind in ("s", "o"):
            return self.text()
        codes = {"u": "I", "t": "Q", "i": "i", "x": "q", "b": "I", "y": "B", "q": "H"}
        if kind not in codes:
            raise BusError(f"a value of kind {kind!r}")
        return self.number(codes[kind])

    def rows(self) -> "list[list[str]]":
        """The units of a list: a(ssssssouso)."""
        length = self.number("I")
        self.align(8)
        end = self.at + length
        found = []
        while self.at < end:
            self.align(8)
            row = [self.text() for _ in range(7)]
            self.number("I")
            found.append([*row, self.text(), self.text()])
        return found


class Bus:
    """A connection; made when first needed, and again after a fault."""

    def __init__(self, path: str = SOCKET) -> None:
        self.path, self.serial = path, 0
        self.socket: "_socket.socket | None" = None

    def ask(self, path: str, member: str, signature: str = "", body: bytes = b"") -> Reader:
        """The answer of systemd to a method of its manager, or to Properties.Get as "Get"."""
        interface = PROPERTIES if member == "Get" else MANAGER
        return self._asked((SYSTEMD[0], path, interface, member), signature, body)

    def property(self, path: str, interface: str, name: str) -> "int | str":
        """One property of a unit."""
        kind = f"{SYSTEMD[0]}.{interface}"
        return self.ask(path, "Get", "ss", texts(kind, name)).variant()

    def _asked(self, where: "tuple[str, str, str, str]", signature: str, body: bytes) -> Reader:
        try:
            if self.socket is None:
                self._connect()
            return self._exchange(where, signature, body)
        except (OSError, BusError) as error:
            self.close()
            raise BusError(str(error)) from error

    def close(self) -> None:
        """Let go of the connection."""
        if self.socket is not None:
            self.socket.close()
        self.socket = None

    def _connect(self) -> None:
        self.socket = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
        self.socket.settimeout(SECONDS)
        self.socket.connect(self.path)
        who = str(os.geteuid()).encode().hex()
        self.socket.send(f"\0AUTH EXTERNAL {who}\r\n".encode())
        if not self.socket.recv(512).startswith(b"OK"):
            raise BusError("the bus does not let us in")
        self.socket.send(b"BEGIN\r\n")
        hello = "org.freedesktop.DBus"
        self._exchange((hello, "/org/freedesktop/DBus", hello, "Hello"), "", b"")

    def _exchange(self, where: "tuple[str, str, str, str]", signature: str, body: bytes) -> Reader:
        assert self.socket is not None
        self.serial += 1
        self._send(call(self.serial, where, signature, body))
        while True:
            kind, answers, reader = self._message()
            if answers == self.serial and kind == 3:
                raise BusError(reader.text() if reader.content else "refused")
            if answers == self.serial and kind == 2:
                return reader

    def _send(self, content: bytes) -> None:
        assert self.socket is not None
        while content:
            content = content[self.socket.send(content) :]

    def _message(self) -> "tuple[int, int, Reader]":
        """The kind of the next message, what it answers, and its content."""
        head = self._bytes(16)
        order = "<" if head[:1] == b"l" else ">"
        body, _, fields = struct.unpack(f"{order}III", head[4:])
        if body > LARGEST or fields > LARGEST:
            raise BusError("the answer is too large")
        padded = fields + -fields % 8
        rest = self._bytes(padded + body)
        reader = Reader(rest[padded:], order)
        return head[1], _answers(Reader(rest[:fields], order)), reader

    def _bytes(self, count: int) -> bytes:
        assert self.socket is not None
        parts, left = [], count
        while left:
            part = self.socket.recv(left)
            if not part:
                raise BusError("the bus hung up")
            parts.append(part)
            left -= len(part)
        return b"".join(parts)


def _answers(fields: Reader) -> int:
    """The serial that a message answers, of its header; 0 for none."""
    while fields.at < len(fields.content):
        fields.align(8)
        code = fields.number("B")
        if fields.at >= len(fields.content):
            break
        kind = fields.signature()
        if kind == "g":
            fields.signature()
        elif kind == "u":
            value = fields.number("I")
            if code == 5:
                return value
        else:
            fields.text()
    return 0
