"""A conversation with Redis in its own protocol, RESP 2, over a socket: many questions at once."""

from __future__ import annotations

import socket
from typing import Any, Iterable, Iterator, List, Sequence, Union

from seawall.agent import system

Word = Union[str, bytes, int]
SECONDS = 60.0
"""How long an answer may take."""


class Talk:
    """One connection; a context that closes it. What Redis refuses is a StepError."""

    def __init__(self, place: "Union[str, tuple[str, int]]", password: str = "") -> None:
        family = socket.AF_UNIX if isinstance(place, str) else socket.AF_INET
        self._socket = socket.socket(family)
        self._socket.settimeout(SECONDS)
        try:
            self._socket.connect(place)
        except OSError as error:
            self._socket.close()
            raise system.StepError(f"Redis cannot be reached: {error}") from error
        self._file = self._socket.makefile("rb")
        if password:
            self.ask("AUTH", password)

    def __enter__(self) -> "Talk":
        return self

    def __exit__(self, *error: object) -> None:
        self._file.close()
        self._socket.close()

    def ask(self, *words: Word) -> Any:
        """What one command answers: bytes, a number, None, or a list of these."""
        return next(self.answers([words]))

    def answers(self, commands: Iterable[Sequence[Word]]) -> Iterator[Any]:
        """What each of these commands answers, all sent before the first answer is read."""
        sent = [_packed(words) for words in commands]
        try:
            self._socket.sendall(b"".join(sent))
            for _ in sent:
                yield self._answer()
        except OSError as error:
            raise system.StepError(f"Redis does not answer: {error}") from error

    def _answer(self) -> Any:
        line = self._file.readline()
        if not line.endswith(b"\r\n"):
            raise system.StepError("Redis hung up")
        kind, told = line[:1], line[1:-2]
        if kind == b"+":
            return told
        if kind == b"-":
            raise system.StepError(f"Redis refuses: {told.decode('utf-8', 'replace')}")
        number = int(told)
        if kind == b":":
            return number
        if number < 0:
            return None
        return self._bytes(number) if kind == b"$" else [self._answer() for _ in range(number)]

    def _bytes(self, size: int) -> bytes:
        content = self._file.read(size + 2)
        if len(content) != size + 2:
            raise system.StepError("Redis hung up")
        return content[:-2]


def _packed(words: Sequence[Word]) -> bytes:
    parts: List[bytes] = [b"*%d\r\n" % len(words)]
    for word in words:
        raw = word if isinstance(word, bytes) else str(word).encode()
        parts.append(b"$%d\r\n%s\r\n" % (len(raw), raw))
    return b"".join(parts)
