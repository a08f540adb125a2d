"""The verbs of `seawall secrets` about who reads them, and what has to change when that does."""

from typing import Any

import click

from seawall.commands import Verb, json_option, pass_output
from seawall.report.screen import Output

EXITS = {1: "no key here opens them, or somebody changed them", 3: ""}

env_option = click.option(
    "--env", "environment", default="production", metavar="NAME", help="[default: production]"
)
every_option = click.option(
    "--env", "environment", metavar="NAME", help="[default: every environment there is]"
)


@click.command(
    cls=Verb,
    examples={
        "seawall secrets grant": "everybody whom seawall.yml names, with the keys they have there",
        "seawall secrets grant li": "one of them",
    },
    exits=EXITS,
)
@click.argument("people", nargs=-1)
@every_option
@pass_output
def grant(output: Output, people: tuple[str, ...], environment: str | None) -> None:
    """Let people read: admins, and whom `secrets: { readers: [NAME] }` names."""
    from seawall.commands import sharing

    sharing.grant(output, people, environment)


@click.command(
    cls=Verb,
    examples={
        "seawall secrets revoke li": "at once, and say what they could read",
        "seawall secrets revoke": "everybody whom seawall.yml does not name any more",
    },
    exits=EXITS,
)
@click.argument("people", nargs=-1)
@every_option
@json_option()
@pass_output
def revoke(output: Output, people: tuple[str, ...], environment: str | None) -> None:
    """Shut people out, and name the values that they may have written down.

    Everything is encrypted anew without them. What they could read until now, they know: each of
    these values needs to be rotated.
    """
    from seawall.commands import sharing

    sharing.revoke(output, people, environment)


@click.command(
    cls=Verb,
    examples={
        "seawall secrets rotate SESSION_KEY": "make a new value",
        "seawall secrets rotate STRIPE_KEY --ask": "take one that was made elsewhere",
        "seawall secrets rotate SECRET_KEY --keep-as SECRET_KEY_FALLBACK": "both for a while",
    },
    exits=EXITS,
)
@click.argument("name")
@click.argument("words", nargs=-1, metavar="")
@click.option("--ask", is_flag=True, help="Take the new value from a prompt or from stdin.")
@click.option("--keep-as", metavar="NAME", help="Keep the old value under this name.")
@env_option
@pass_output
def rotate(output: Output, /, name: str, words: tuple[str, ...], **how: Any) -> None:
    """Put a new value in the place of an old one, and say who has to learn it.

    A value that somebody else made, such as a key of Stripe, is not made up.
    """
    from seawall.commands import keeping, sharing

    sharing.rotate(output, keeping.named(name, words), **how)


@click.command(
    cls=Verb,
    examples={
        "seawall secrets audit": "who reads them, what is stale, what is missing",
        "seawall secrets audit --env staging": "of one environment",
    },
    exits={**EXITS, 1: "something must be fixed, or could not be looked at"},
)
@every_option
@json_option()
@pass_output
def audit(output: Output, environment: str | None) -> int:
    """Compare who reads with who should, and what is kept with what is needed."""
    from seawall.commands import sharing

    return sharing.audit(output, environment)


@click.command(
    cls=Verb,
    examples={
        "seawall secrets key": "print it: for the drawer, and for CI as SEAWALL_SECRETS_KEY",
        "seawall secrets key --import": "keep it on this machine, from a prompt or from stdin",
        "seawall secrets key --new": "when it was lost, or seen by others",
    },
    exits=EXITS,
)
@click.option("--import", "take", is_flag=True, help="Keep a key that was printed elsewhere.")
@click.option("--new", is_flag=True, help="Make another one; the old one opens nothing new.")
@pass_output
def key(output: Output, take: bool, new: bool) -> None:
    """The key of the project, which opens every environment without any ssh key."""
    from seawall.commands import sharing

    if new:
        sharing.new_key(output)
    elif take:
        sharing.take_key(output)
    else:
        sharing.print_key(output)


READERS = (grant, revoke, rotate, audit, key)
