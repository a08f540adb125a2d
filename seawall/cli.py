"""The command line: finds the verb, and turns every way to end into an exit code.

Nothing heavy is imported here: `seawall --help` and completion answer before a person notices.
"""

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from io import TextIOWrapper
from typing import Any, NoReturn

import click

from seawall import __version__
from seawall.commands import Verbs
from seawall.errors import SeawallError
from seawall.report.documents import write_event
from seawall.report.screen import Output

EVERY_DAY = {
    "init": "Look at this repository, write seawall.yml.",
    "check": "What is wrong, and how to put it right. Reads only.",
    "plan": "What would change on the servers, as a diff.",
    "apply": "Make the servers what seawall.yml says.",
    "deploy": "Release your apps without a dropped request.",
    "up": "Apply, deploy, check: one command from bare to safe.",
}
NOW_AND_THEN = {
    "releases": "Which release of an app serves.",
    "rollback": "Go back to an older release.",
    "logs": "What an app wrote, also a failed release.",
    "metrics": "What servers measured: now, at a moment, over a time.",
    "restart": "Start an app anew; nobody notices.",
    "restore": "Bring data back, beside what is there.",
    "alerts": "What is wrong now; try whether somebody is told.",
    "backup": "Save data now, list what is stored, prove that it comes back.",
    "rebuild": "A lost server comes back on a bare machine.",
    "snapshots": "Images of whole disks, made by the cloud.",
    "servers": "Find servers where they run: in a cloud account.",
    "cloud": "What a cloud account has to allow.",
    "db": "Open a database, or a port that leads to it.",
    "secrets": "Passwords and keys, encrypted beside the code.",
    "leaks": "Passwords and keys that were committed.",
    "run": "One command beside an app, as the app.",
    "exec": "One command inside the running app.",
    "explain": "Why a check or a section exists.",
    "export": "Write out what runs on the servers, to read.",
    "schema": "The schema of seawall.yml, for editors.",
    "lab": "Disposable servers on this machine.",
    "ssh": "Log in, or run one command.",
    "remove": "Take Seawall off a server; the rest stays.",
    "completion": "Let the shell complete verbs and servers.",
}
SELDOM = (
    "snapshots",
    "servers",
    "cloud",
    "exec",
    "metrics",
    "export",
    "leaks",
    "schema",
    "ssh",
    "completion",
)
"""For programs, or what everybody knows another way; the welcome is as short as a screen."""
WELCOME = f"""\
Seawall makes servers safe from one file, and proves it.

{{verbs}}
  more    {" ".join(name for name in NOW_AND_THEN if name not in SELDOM)}

Try it on any server, it only reads:  seawall check root@HOST
Everything else:                      seawall --help
"""


class Seawall(Verbs):
    """All verbs, each imported only when it is used."""

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        known = {**EVERY_DAY, **NOW_AND_THEN}
        self.commands = {name: click.Command(name, help=told) for name, told in known.items()}
        for option in self.params:
            option.hidden = False  # type: ignore[attr-defined]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.commands:
            return None
        module = import_module(f"seawall.commands.{cmd_name}")
        found: click.Command = getattr(module, "command", None) or getattr(module, cmd_name)
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for title, verbs in (("Every day", EVERY_DAY), ("Now and then", NOW_AND_THEN)):
            with formatter.section(title):
                formatter.write_dl(list(verbs.items()))

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[Any]:
        from click.shell_completion import CompletionItem

        fitting = (name for name in self.commands if name.startswith(incomplete))
        verbs = [CompletionItem(name, help=self.commands[name].help) for name in fitting]
        return [*verbs, *click.Command.shell_complete(self, ctx, incomplete)]


@click.command(
    cls=Seawall,
    invoke_without_command=True,
    subcommand_metavar="VERB [ARGS]...",
    examples={
        "seawall check root@HOST": "a verdict on any Debian or Ubuntu server",
        "seawall init": "describe yours in seawall.yml",
        "seawall up": "make it so, and see that it is",
    },
    exits={1: "something must be fixed, or could not be done"},
)
@click.version_option(__version__, message="seawall %(version)s", help="Say the version.")
@click.pass_context
def cli(ctx: click.Context) -> None:
    """One file makes your servers safe, and proves it."""
    if not ctx.invoked_subcommand:
        verbs = "\n".join(f"  {name:8}{told}" for name, told in EVERY_DAY.items())
        click.echo(WELCOME.format(verbs=verbs), nl=False)


def main(args: Sequence[str] | None = None) -> NoReturn:
    """Run a command line and exit: the only place that does."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    sys.exit(run(args, Output()))


def run(args: Sequence[str] | None, output: Output) -> int:
    """Run a command line; whatever happens, an exit code."""
    try:
        code = _ended(args, output)
        if output.form == "events":
            write_event({"type": "end", "exit_code": code})
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return code


def _ended(args: Sequence[str] | None, output: Output) -> int:
    try:
        return cli.main(args, prog_name="seawall", standalone_mode=False, obj=output) or 0
    except BrokenPipeError:
        raise
    except (Exception, KeyboardInterrupt) as error:
        from seawall.report import failures

        if isinstance(error, SeawallError):
            return failures.say(error, output)
        if isinstance(error, click.ClickException):
            return failures.usage(error, output)
        if isinstance(error, (click.Abort, KeyboardInterrupt)):
            return failures.interrupted(output)
        return failures.bug(error, output)
