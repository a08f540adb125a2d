"""What `seawall db` does: becomes a client on the server, or holds a tunnel open."""

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

from seawall.commands import beside
from seawall.commands.keeping import found
from seawall.errors import ConfigError, SeawallError
from seawall.report.documents import write
from seawall.report.screen import Output

PATIENCE = 15
"""Seconds until a tunnel is open."""


def opened(output: Output, words: tuple[str, ...]) -> int:
    """Run the client with our terminal, stdin and stdout; its exit code."""
    from seawall.engine import clients

    name = words[0] if words[:1] != ("--",) and words else ""
    rest = list(words[1:] if name else words)
    if rest[:1] == ["--"]:
        rest = rest[1:]
    elif rest:
        raise ConfigError(f"{rest[0]}: arguments of the client stand behind --", _typed(name, rest))
    config = found()
    name = clients.chosen(config, name)
    output.stays = lambda: "What was committed stays; a statement under way may still go on."
    terminal = sys.stdin.isatty() and sys.stdout.isatty()
    errand = clients.client(config, name, rest, terminal=terminal)
    return beside.here(errand.argv, errand.first)


def _typed(name: str, rest: list[str]) -> str:
    return f"seawall db {name} -- {' '.join(rest)}"


def tunnel(output: Output, name: str, port: int | None, *, shown: bool) -> int:
    """Hold a tunnel open until somebody ends it."""
    from seawall.engine import clients

    config = found()
    name = clients.chosen(config, name)
    number = _free(port)
    made = clients.tunnel(config, name, number)
    url = clients.with_password(config, name, number) if shown else made.url
    told = {"url": url, "database": name, "server": made.server, "port": number}
    try:
        with _running(made.argv) as ssh:
            _until_open(ssh, number, made.server)
            _say(output, told)
            ssh.wait()
    except KeyboardInterrupt:
        output.err.show(["The tunnel is closed."])
        return 0
    raise SeawallError(f"{made.server}: the connection ended", f"seawall db tunnel {name}")


def _say(output: Output, told: dict[str, Any]) -> None:
    if not output.spoken:
        return write(told)
    sys.stdout.write(f"{told['url']}\n")
    sys.stdout.flush()
    where = f"{told['database']} on {told['server']}"
    return output.err.show([f"leads to {where} until you press Ctrl-C"])


@contextmanager
def _running(argv: list[str]) -> "Iterator[subprocess.Popen[bytes]]":
    """ssh, which ends when we do, also when we are told to end. Ctrl-C is its usual end."""
    signal.signal(signal.SIGTERM, _interrupted)
    ssh = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        yield ssh
    finally:
        ssh.terminate()
        ssh.wait()


def _interrupted(*signalled: object) -> None:
    raise KeyboardInterrupt


def _free(port: int | None) -> int:
    """This port, or one that is free; ConfigError when somebody has it."""
    with socket.socket() as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            one.bind(("127.0.0.1", port or 0))
        except OSError as error:
            hint = "take another, or none: a free one is found"
            raise ConfigError(f"port {port} cannot be used: {error.strerror}", hint) from None
        number: int = one.getsockname()[1]
        return number


def _until_open(ssh: "subprocess.Popen[bytes]", port: int, server: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while ssh.poll() is None and time.monotonic() < deadline:
        with socket.socket() as one:
            if one.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    ssh.terminate()
    said = _words(ssh.stderr)
    raise SeawallError(f"{server}: no tunnel: {said or 'no answer'}", f"seawall ssh {server} true")


def _words(pipe: IO[bytes] | None) -> str:
    lines = pipe.read().decode("utf-8", "replace").strip().splitlines() if pipe else []
    return lines[-1] if lines else ""
