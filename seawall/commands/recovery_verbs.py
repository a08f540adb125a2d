"""The verbs of `seawall backup` for the day when everything is gone."""

import click

from seawall.commands import Verb, Verbs, pass_output
from seawall.report.screen import Output


@click.command(
    cls=Verb,
    examples={
        "seawall backup kit | lpr": "print it, and keep no file",
        "seawall backup kit --out ~/acme-kit.md": "into a file for you alone",
        "seawall backup kit --out kit.age --passphrase": "locked; asks for a passphrase",
        "seawall backup kit --out kit.age --people": "locked for whoever reads the secrets",
    },
    exits={1: "a secret could not be had, so there is no kit", 3: ""},
)
@click.option("--out", metavar="FILE", help="Write it there, readable by you alone.")
@click.option("--passphrase", is_flag=True, help="Lock it with a passphrase.")
@click.option("--people", is_flag=True, help="Lock it for everybody who may read the secrets.")
@pass_output
def kit(output: Output, out: str | None, passphrase: bool, people: bool) -> None:
    """The recovery kit: what a new laptop needs when all else is lost.

    Passphrase and keys of the backups, the key of the project, seawall.yml, which release served,
    and the commands that restore each database and folder with plain restic, without Seawall.
    """
    from seawall.commands import recovering

    recovering.kit(output, out, passphrase=passphrase, people=people)


@click.group(
    cls=Verbs,
    examples={"seawall backup key rotate": "another passphrase, everywhere"},
    exits={3: ""},
)
def key() -> None:
    """The passphrase that all backups are encrypted with."""


@key.command(
    examples={"seawall backup key rotate": "after somebody left, or saw the kit"},
    exits={1: "it is not done everywhere; what is kept opens every backup: run it again"},
)
@pass_output
def rotate(output: Output) -> None:
    """Take another passphrase, and the old one away.

    The new one is added and tried on every server before it is kept; the old one goes last.
    Interrupted anywhere, the one that is kept opens every backup, and the same command goes on.
    """
    from seawall.commands import recovering

    recovering.rotate(output)


VERBS = (kit, key)
