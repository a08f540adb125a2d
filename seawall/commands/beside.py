"""What `run` and `exec` share: a command on an app's server, with your terminal and exit code."""

import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from threading import Thread
from typing import IO, Any

import click

from seawall.commands.servers import complete_apps, complete_servers
from seawall.errors import ConfigError
from seawall.report.screen import Output

CONTEXT = {"ignore_unknown_options": True, "allow_interspersed_args": False}
"""Settings for a verb whose last words belong to another command."""


def beside(function: Callable[..., Any]) -> Callable[..., Any]:
    """Make a verb take an app, the words of a command, and the server in front of them."""
    words = click.UNPROCESSED
    for add in (
        click.option(
            "--server", shell_complete=complete_servers, help="On this server, before the app."
        ),
        click.argument("arguments", nargs=-1, type=words, metavar="[OPTIONS] -- COMMAND..."),
        click.argument("app", shell_complete=complete_apps),
    ):
        function = add(function)
    return function


@dataclass(frozen=True)
class Asked:
    """What was typed: `seawall VERB APP ARGUMENTS`."""

    verb: str
    app: str
    arguments: tuple[str, ...]
    server: str | None

    def parts(self) -> tuple[list[str], str | None]:
        """The command and the server; `--server NAME` may also stand behind the app."""
        words, server = list(self.arguments), self.server
        if words[:1] == ["--server"] and len(words) > 1:
            server, words = words[1], words[2:]
        words = words[1:] if words[:1] == ["--"] else words
        if not words:
            raise ConfigError("what is to be run?", f"seawall {self.verb} {self.app} -- COMMAND")
        return words, server


def carry_out(output: Output, asked: Asked) -> int:
    """Run the command; its own exit code."""
    from seawall.commands.releasing import target
    from seawall.engine import errands

    words, server = asked.parts()
    meant = target(asked.app, server)
    where = meant.servers(asked.app)[0]
    output.stays = lambda: f"The command may still run on {where}."
    tty = sys.stdin.isatty() and sys.stdout.isatty()
    wanted = errands.Beside(asked.verb, asked.app, words, tty)
    errand = errands.beside(meant.config, where, wanted)
    return here(errand.argv, errand.first)


def here(argv: list[str], first: bytes) -> int:
    """Run it with our own stdin, stdout and stderr; its exit code as a shell would say it."""
    sys.stdout.flush()
    process = subprocess.Popen(argv, stdin=subprocess.PIPE if first else None)
    if process.stdin:
        feed = Thread(target=_feed, args=(process.stdin, first), daemon=True)
        feed.start()
    code = process.wait()
    return code if code >= 0 else 128 - code


def _feed(pipe: IO[bytes], first: bytes) -> None:
    """What sudo wants to hear, then whatever we are given."""
    with suppress(BrokenPipeError, ValueError):
        content = first
        while content:
            pipe.write(content)
            pipe.flush()
            content = os.read(sys.stdin.fileno(), 1 << 16)
        pipe.close()
