"""A conversation with the agent on one server."""

import contextlib
import json
import shlex
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from typing import IO, Any

from seawall.errors import SeawallError
from seawall.server import ship

SEPARATOR = "\x1e"
NO_PYTHON, NO_SUDO, SUDO_PASSWORD = 97, 98, 99
LOADER = """\
import os, sys
i = sys.stdin.buffer
{ready}
while True:
    line = i.readline()
    if not line:
        sys.exit(96)
    if line.startswith(b"SEAWALL "):
        break
a, d = map(int, line.split()[1:])
agent, document = i.read(a), i.read(d)
if len(document) < d:
    sys.exit(96)
f = os.memfd_create("seawall")
with os.fdopen(os.dup(f), "wb") as file:
    file.write(agent)
sys.path.insert(0, "/proc/self/fd/%d" % f)
from seawall.agent.__main__ import answer
answer(document, agent)
"""
"""Reads the agent and its document from stdin and keeps both in memory: nothing is left behind."""
READY = 'os.write(1, b"\\x1e{\\"type\\": \\"ready\\"}\\n")'
START = """\
p=$(command -v python3) || exit 97
[ "$(id -u)" = 0 ] && exec "$p" -I -S -c "$1"
command -v sudo >/dev/null || exec "$p" -I -S -c "$1"
sudo -n true 2>/dev/null && exec sudo -n "$p" -I -S -c "$1"
sudo -n -l 2>&1 | grep -q "password is required" && exit 99
exec "$p" -I -S -c "$1"
"""
START_ASKED = 'p=$(command -v python3) || exit 97; exec sudo -S -k -p "" "$p" -I -S -c "$1"'


class NoPython(SeawallError):
    """The server has no python3."""


class SudoPassword(SeawallError):
    """sudo wants a password, or did not accept the one it got."""


class Talk:
    """One document sent, its events read. The connection stays open until `close`."""

    def __init__(
        self, name: str, door: list[str], document: dict[str, Any], password: str = ""
    ) -> None:
        self.name = name
        self.password = password
        self._door = door
        self._document = json.dumps(document).encode()
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115  # lives as long as the talk
        self._first: dict[str, Any] = {}
        self.last_words = ""
        """The last line on stderr, for a talk that ended too early."""

    def open(self) -> "Talk":
        """Connect and wait for the agent's first word.

        Raises ConnectionError with ssh's words, NoPython or SudoPassword.
        """
        ready = READY if self.password else ""
        code = f"exec(bytes.fromhex({LOADER.format(ready=ready).encode().hex()!r}).decode())"
        script = START_ASKED if self.password else START
        words = ["sh", "-c", script, "seawall", code]
        argv = [*self._door, "exec " + shlex.join(words)] if self._door else words
        self._process = subprocess.Popen(
            argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors
        )
        self._events = self._read()
        self._greet()
        return self

    def _greet(self) -> None:
        if self.password:
            self._write(f"{self.password}\n".encode())
            self._first = next(self._events, {})
        self._sender = threading.Thread(target=self._send, daemon=True)
        self._sender.start()
        self._first = next(self._events, {})
        if not self._first:
            self._explain()

    def _send(self) -> None:
        agent = ship.agent()
        header = f"SEAWALL {len(agent)} {len(self._document)}\n".encode()
        self._write(header + agent + self._document)

    def _write(self, content: bytes) -> None:
        assert self._process.stdin
        try:
            self._process.stdin.write(content)
            self._process.stdin.flush()
        except (BrokenPipeError, ValueError):
            return  # it is gone; reading says why

    def _read(self) -> Iterator[dict[str, Any]]:
        assert self._process.stdout
        for line in self._process.stdout:
            text = line.decode("utf-8", "replace")
            if SEPARATOR in text:
                event = json.loads(text.split(SEPARATOR, 1)[1])
                if isinstance(event, dict):
                    yield event

    def _explain(self) -> None:
        """The agent never spoke: say why."""
        code = self._process.wait()
        said = self.said()
        self.close()
        if code == NO_PYTHON:
            raise NoPython(f"{self.name}: there is no python3", "apt-get install python3-minimal")
        if code == SUDO_PASSWORD or self.password:
            raise SudoPassword(
                f"{self.name}: sudo wants a password" + (", and not this one" * bool(self.password))
            )
        raise ConnectionError(said or f"the agent did not start, exit code {code}")

    def said(self) -> str:
        """What ssh or sudo wrote to stderr."""
        self._errors.seek(0)
        return self._errors.read().decode("utf-8", "replace")

    def _last_words(self) -> str:
        return (self.said().strip().splitlines() or ["without a word"])[-1]

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Every event after the greeting, until the agent has nothing more to say."""
        yield from self._events

    def send(self, content: IO[bytes]) -> None:
        """Send what the agent asked for or what the document announced, while events are read."""
        threading.Thread(target=self._send_all, args=(content,), daemon=True).start()

    def _send_all(self, content: IO[bytes]) -> None:
        self._sender.join()
        content.seek(0)
        while chunk := content.read(1 << 16):
            self._write(chunk)

    def undo(self) -> None:
        """Ask the agent to bring back guarded changes without waiting for its timer."""
        self._write(b"undo\n")

    def close(self) -> None:
        """Hang up; work that was handed over goes on."""
        if self._process.stdin:
            with contextlib.suppress(BrokenPipeError):
                self._process.stdin.close()
        self._process.terminate()
        self._process.wait()
        assert self._process.stdout
        self._process.stdout.close()
        self.last_words = self._last_words()
        self._errors.close()
