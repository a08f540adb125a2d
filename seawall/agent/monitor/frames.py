"""Frames: how numbers over time lie in a file, so that whatever cuts or spoils it costs only what
it hit.

Each has a mark, its length and a sum over its content. A file begins with a frame of names; those
that follow hold a time and a number for each name.
"""

from __future__ import annotations

import binascii
import json
import struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Iterator

MARK = b"\xa5\x5a"
HEAD = struct.Struct("<2sBxHI")
NAMES, VALUES = 1, 2
MOST = 96
"""Series that are kept."""
MISSING = float("nan")


def named(names: "list[str]") -> bytes:
    """A frame of names."""
    return _frame(NAMES, json.dumps(names).encode())


def valued(at: float, values: "list[float]") -> bytes:
    """A frame of numbers, in the order of the names before."""
    moment = min(max(int(at), 0), 0xFFFFFFFF)
    return _frame(VALUES, struct.pack(f"<I{len(values)}f", moment, *map(_small, values)))


def _small(value: float) -> float:
    """A number that four bytes can hold."""
    return value if value != value else min(max(value, -3e38), 3e38)


def _frame(kind: int, content: bytes) -> bytes:
    return HEAD.pack(MARK, kind, len(content), binascii.crc32(content, kind)) + content


def frames(content: bytes) -> "Iterator[tuple[int, memoryview]]":
    """Kind and content of every frame that is whole, whatever lies between them."""
    view, at = memoryview(content), 0
    while at + HEAD.size <= len(content):
        mark, kind, length, told = HEAD.unpack_from(content, at)
        end = at + HEAD.size + length
        inner = view[at + HEAD.size : end]
        if mark == MARK and end <= len(content) and binascii.crc32(inner, kind) == told:
            yield kind, inner
            at = end
        else:
            at = content.find(MARK, at + 1)
            if at < 0:
                return


def rows(
    content: bytes, only: "set[str] | None" = None
) -> "Iterator[tuple[int, dict[str, float]]]":
    """The time and the numbers of every frame, all or only those of some names."""
    wanted: "list[tuple[str, int]]" = []
    for kind, inner in frames(content):
        if kind == NAMES:
            wanted = [
                (name, 4 + 4 * place)
                for place, name in enumerate(_names(inner))
                if only is None or name in only
            ]
        elif kind == VALUES and len(inner) >= 4:
            [moment] = struct.unpack_from("<I", inner)
            yield moment, dict(_values(inner, wanted))


def _names(inner: "memoryview") -> "list[str]":
    try:
        return [str(name) for name in json.loads(bytes(inner))]
    except (ValueError, TypeError):
        return []


def _values(inner: "memoryview", wanted: "list[tuple[str, int]]") -> "Iterator[tuple[str, float]]":
    for name, place in wanted:
        if place + 4 <= len(inner):
            [value] = struct.unpack_from("<f", inner, place)
            if value == value:
                yield name, value
