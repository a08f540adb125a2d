"""A conversation with the agent on one server."""

import json
import shlex
import threading
from collections.abc import Iterator
from typing import IO, Any

from seawall import early
from seawall.errors import SeawallError
from seawall.server import ship

SEPARATOR = "\x1e"
NO_PYTHON, SUDO_PASSWORD = 97, 99
LOADER = """\
import os, sys
i = sys.stdin.buffer
home, name = "/usr/local/lib/seawall", ""
def safe(path):
    s = os.lstat(path)
    return s.st_uid == 0 and not s.st_mode & 0o22
try:
    there = "".join(n for n in os.listdir(home) if n.startswith("agent-"))
    above = ["/usr", "/usr/local", "/usr/local/lib", home]
    if all(map(safe, [*above, home + "/" + there])):
        sys.path.insert(0, home + "/" + there)
        from seawall.agent.__main__ import answer
        import seawall.agent.plan
        name = there
except Exception:
    pass
os.write(1, b'\\x1e{"type": "ready", "agent": "%s"}\\n' % name.encode())
while True:
    line = i.readline()
    if not line:
        sys.exit(96)
    if line.startswith(b"SEAWALL "):
        break
wanted, d, a = line.split()[1:]
document, agent = i.read(int(d)), i.read(int(a))
if len(document) < int(d):
    sys.exit(96)
if name != "agent-%s.pyz" % wanted.decode():
    agent = agent or i.read(int(i.readline() or sys.exit(96)))
    for known in [n for n in sys.modules if n.startswith("seawall")]:
        del sys.modules[known]
    f = os.memfd_create("seawall")
    with os.fdopen(os.dup(f), "wb") as file:
        file.write(agent)
    sys.path.insert(0, "/proc/self/fd/%d" % f)
    from seawall.agent.__main__ import answer
answer(document, agent)
"""
"""Reads a document from stdin, and the agent where it is not installed: it is kept in memory, and
nothing is left behind. An installed one is used only when nobody but root could have written it."""
START = """\
p=$(command -v python3) || exit 97
[ "$(id -u)" = 0 ] && exec "$p" -I -S -c "$1"
command -v sudo >/dev/null || exec "$p" -I -S -c "$1"
sudo -n "$p" -I -S -c "$1"; c=$?
[ $c = 1 ] && ! sudo -n true 2>/dev/null || exit $c
LC_ALL=C sudo -n -l 2>&1 | grep -q "password is required" && exit 99
exec "$p" -I -S -c "$1"
"""
START_ASKED = """\
p=$(command -v python3) || exit 97
IFS= read -r w
printf '%s\\n' "$w" | sudo -S -k -p "" true 2>/dev/null || exit 99
exec sudo -S -k -p "" "$p" -I -S -c "$1"
"""
"""The password comes twice: sudo would take the agent for the second try after a wrong one."""


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
        self.door = door
        self._document = json.dumps(document).encode()
        self._first: dict[str, Any] = {}
        self.last_words = ""
        """The last line on stderr, for a talk that ended too early."""

    def open(self) -> "Talk":
        """Connect and wait for the agent's first word.

        Raises ConnectionError with ssh's words, NoPython or SudoPassword.
        """
        code = f"exec(bytes.fromhex({LOADER.encode().hex()!r}).decode())"
        words = ["sh", "-c", START_ASKED if self.password else START, "seawall", code]
        self.argv = [*self.door, "exec " + shlex.join(words)] if self.door else words
        begun = early.take(self.argv)
        try:
            return self._with(begun or early.Process(self.argv), begun=bool(begun))
        except ConnectionError as error:
            if not begun or "Host key verification failed" not in str(error):
                raise
            return self._with(early.Process(self.argv), begun=False)

    def _with(self, process: early.Process, *, begun: bool) -> "Talk":
        """Say what is wanted; send the agent too, or see first whether it is there already."""
        self._process = process
        self._events = self._read()
        ready: dict[str, Any] = {}
        if self.password:
            self._write(f"{self.password}\n{self.password}\n".encode())
            ready = next(self._events, {})
        agent = b"" if begun or ready else ship.agent()
        self._sender = threading.Thread(target=self._send, args=(agent,), daemon=True)
        self._sender.start()
        ready = ready or next(self._events, {})
        if ready and not agent and ready["agent"] != f"agent-{ship.name()}.pyz":
            self._sender.join()
            self._write(f"{len(ship.agent())}\n".encode() + ship.agent())
        self._first = next(self._events, {})
        if not self._first:
            self._explain()
        return self

    def _send(self, agent: bytes) -> None:
        header = f"SEAWALL {ship.name()} {len(self._document)} {len(agent)}\n".encode()
        self._write(header + self._document + agent)

    def _write(self, content: bytes) -> None:
        try:
            self._process.stdin.write(content)
            self._process.stdin.flush()
        except (BrokenPipeError, ValueError):
            return  # it is gone; reading says why

    def _read(self) -> Iterator[dict[str, Any]]:
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
            raise NoPython(f"{self.name}: there is no python3, so nothing can be looked at")
        if code == SUDO_PASSWORD or self.password:
            raise SudoPassword(
                f"{self.name}: sudo wants a password" + (", and not this one" * bool(self.password))
            )
        raise ConnectionError(said or f"the agent did not start, exit code {code}")

    def said(self) -> str:
        """What ssh or sudo wrote to stderr."""
        return self._process.said()

    def _last_words(self) -> str:
        return (self.said().strip().splitlines() or ["without a word"])[-1]

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Every event after the greeting, until the agent has nothing more to say."""
        return self._events

    def more(self, document: dict[str, Any]) -> bool:
        """Send another document to an agent that stays; False when it is gone meanwhile."""
        self._document = json.dumps({**document, "sha": ship.sha()}).encode()
        self._sender = threading.Thread(target=self._send, args=(b"",), daemon=True)
        self._sender.start()
        self._first = next(self._events, {})
        return bool(self._first)

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
        self.last_words = self._last_words()
        self._process.stop()
