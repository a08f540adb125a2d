"""`seawall run`: one command beside an app, as the app."""

import os
import subprocess
import sys
from contextlib import suppress
from threading import Thread
from typing import IO

import click

from seawall.commands import pass_output, verb
from seawall.commands.servers import complete_apps, complete_servers
from seawall.errors import ConfigError
from seawall.report.screen import Output


@verb(
    examples={
        "seawall run web -- .venv/bin/python manage.py shell": "with your terminal",
        "seawall run web -- 'env | sort'": "one argument is a line for the shell",
        "seawall run web --server web2 -- ls": "on one of its servers",
    },
    exits={0: "the command's own exit code, 255 when ssh failed", 1: "nothing serves yet"},
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
)
@click.argument("app", shell_complete=complete_apps)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[OPTIONS] -- COMMAND...")
@click.option("--server", shell_complete=complete_servers, help="On this server, before the app.")
@pass_output
def command(output: Output, app: str, arguments: tuple[str, ...], server: str | None) -> int:
    """Run a command in the environment of the release that serves.

    In its folder, as its user, with its variables and secrets, and with no more rights than it
    has. Once, on the first of its servers unless you name one.
    """
    from seawall.commands.releasing import target
    from seawall.engine import errands

    words, server = _words(app, list(arguments), server)
    meant = target(app, server)
    where = meant.servers(app)[0]
    output.stays = lambda: f"The command may still run on {where}."
    tty = sys.stdin.isatty() and sys.stdout.isatty()
    errand = errands.one_off(meant.config, where, app, words, tty=tty)
    return _become(errand.argv, errand.first)


def _words(app: str, arguments: list[str], server: str | None) -> tuple[list[str], str | None]:
    """The command; `--server NAME` may also stand behind the app."""
    if arguments[:1] == ["--server"] and len(arguments) > 1:
        server, arguments = arguments[1], arguments[2:]
    words = arguments[1:] if arguments[:1] == ["--"] else arguments
    if not words:
        raise ConfigError("what is to be run?", f"seawall run {app} -- COMMAND")
    return words, server


def _become(argv: list[str], first: bytes) -> int:
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
