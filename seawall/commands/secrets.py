"""`seawall secrets`: values that nobody else may read, encrypted beside the code."""

import sys

import click

from seawall.commands import json_option, pass_output, verbs
from seawall.report.documents import write
from seawall.report.screen import Output

EXITS = {1: "no key here opens them, or somebody changed them", 3: ""}

env_option = click.option(
    "--env", "environment", default="production", metavar="NAME", help="[default: production]"
)


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
