"""`seawall secrets`: values that nobody else may read, encrypted beside the code."""

import sys
from typing import TextIO

import click

from seawall.commands import json_option, pass_output, verbs
from seawall.commands.secret_readers import EXITS, READERS, env_option
from seawall.commands.servers import complete_apps
from seawall.report.documents import write
from seawall.report.screen import Output


@verbs(
    examples={
        "seawall secrets init": "make secrets/production.age, for all admins",
        "seawall secrets set STRIPE_KEY": "asks for the value, and does not show it",
        "seawall secrets run -- npm run dev": "start something here that finds them",
    },
    exits=EXITS,
)
def secrets() -> None:
    """Keep passwords and keys, encrypted beside the code.

    secrets/production.age shows names in a diff and hides values. Admins open it with their own
    ssh keys, CI with the key of the project. Apps get what they name under `secrets:`.
    """


@secrets.command(
    examples={
        "seawall secrets init": "for production",
        "seawall secrets init --env staging": "another file, with other values",
    },
    exits=EXITS,
)
@env_option
@pass_output
def init(output: Output, environment: str) -> None:
    """Make the file of an environment, for everybody who may read.

    These are the admins, whom `secrets: { readers: [NAME] }` names, and a key of the project,
    which is made once and kept outside the repository: print it for your drawer.
    """
    from seawall.commands import keeping

    keeping.init(output, environment)


@secrets.command(
    "set",
    examples={
        "seawall secrets set STRIPE_KEY": "asks for it",
        "pbpaste | seawall secrets set STRIPE_KEY": "from a pipe",
        "seawall secrets set CERT_KEY < cert.key": "from a file, with all its lines",
        "seawall secrets set SESSION_KEY --generate": "make one, 256 bits",
    },
    exits=EXITS,
)
@click.argument("name")
@click.argument("words", nargs=-1, metavar="")
@click.option("--generate", is_flag=True, help="Make a new password.")
@env_option
@pass_output
def set_secret(
    output: Output, name: str, words: tuple[str, ...], generate: bool, environment: str
) -> None:
    """Keep a value, from a prompt or from stdin.

    Never from the command line: your shell writes that down, and others see it in ps.
    """
    from seawall.commands import keeping

    keeping.keep(output, environment, keeping.named(name, words), generate=generate)


@secrets.command(
    examples={
        "seawall secrets get STRIPE_KEY": "print it",
        "seawall secrets get STRIPE_KEY | pbcopy": "without showing it",
    },
    exits=EXITS,
)
@click.argument("name")
@env_option
@json_option()
@pass_output
def get(output: Output, name: str, environment: str) -> None:
    """Print one value."""
    from seawall.commands import keeping

    value = keeping.store(environment).get(name)
    if not output.spoken:
        write({"name": name, "value": value})
        return
    sys.stdout.write(value + ("\n" if sys.stdout.isatty() or not value.endswith("\n") else ""))


@secrets.command(
    "list",
    examples={
        "seawall secrets list": "names, ages, and who uses them; needs no key",
        "seawall secrets list --json | jq -r '.secrets[].name'": "for scripts",
    },
    exits=EXITS,
)
@env_option
@json_option()
@pass_output
def list_secrets(output: Output, environment: str) -> None:
    """Names, since when they are as they are, and who uses them."""
    from seawall.commands import keeping

    keeping.listed(output, environment)


@secrets.command(
    examples={"seawall secrets rm OLD_KEY": "forget it"},
    exits=EXITS,
)
@click.argument("name")
@env_option
@pass_output
def rm(output: Output, name: str, environment: str) -> None:
    """Take a value away. Git still has it, for those who could read it."""
    from seawall.commands import keeping

    keeping.remove(output, environment, name)


@secrets.command(
    examples={
        "seawall secrets edit": "all of them, as NAME=value lines",
        "seawall secrets edit CERT_KEY": "one, as it is",
    },
    exits=EXITS,
)
@click.argument("name", required=False)
@env_option
@pass_output
def edit(output: Output, name: str | None, environment: str) -> None:
    """Open them in your $EDITOR.

    The file is in memory (/dev/shm), for you alone, and wiped when the editor ends, however it
    ends. macOS has no such place: there it is on the disk meanwhile, and overwritten after.
    """
    from seawall.commands import editing, keeping

    output.stays = lambda: "Nothing was changed, and nothing is left of what was open."
    editing.edit(output, keeping.store(environment), name)


@secrets.command(
    "import",
    examples={
        "seawall secrets import .env": "what is not kept yet",
        "seawall secrets import .env.staging --env staging --replace": "and what is different",
    },
    exits=EXITS,
)
@click.argument("file", type=click.File("r", encoding="utf-8"))
@click.option("--replace", is_flag=True, help="Take the file's value where another one is kept.")
@env_option
@pass_output
def import_file(output: Output, file: TextIO, replace: bool, environment: str) -> None:
    """Take over the values of a .env file."""
    from seawall.commands import keeping

    keeping.take_over(output, environment, file, replace=replace)


@secrets.command(
    examples={
        "seawall secrets export": "NAME=value lines, for a shell or a .env file",
        "seawall secrets export --json": "exactly as they are",
    },
    exits=EXITS,
)
@env_option
@json_option()
@pass_output
def export(output: Output, environment: str) -> None:
    """Print all values, in the open."""
    from seawall.commands import keeping
    from seawall.secrets import dotenv

    kept = keeping.store(environment)
    values = {name: kept.get(name) for name in kept.names()}
    if not output.spoken:
        write({"environment": environment, "secrets": values})
        return
    sys.stdout.write(dotenv.text(values))


@secrets.command(
    examples={
        "seawall secrets run -- npm run dev": "with everything that is kept",
        "seawall secrets run --app web -- python manage.py shell": "with what web gets on a server",
    },
    exits={0: "the command's own exit code", **EXITS},
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
)
@click.argument("words", nargs=-1, type=click.UNPROCESSED, metavar="-- COMMAND...")
@click.option("--app", shell_complete=complete_apps, help="Only the environment of this app.")
@env_option
@pass_output
def run(output: Output, words: tuple[str, ...], app: str | None, environment: str) -> None:
    """Start a command on this machine that finds them in its environment.

    Nothing is written down, and no other program finds them. On a server, as an app: seawall run.
    """
    from seawall.commands import keeping

    keeping.become(output, environment, app, list(words))


for each in READERS:
    secrets.add_command(each)
