"""`seawall snapshots`: images of whole disks, made by the cloud; listed, made, brought back."""

import click

from seawall.commands import json_option, pass_output, server_argument, verbs, yes_option
from seawall.report.screen import Output

EXITS = {1: "something was not made, or a snapshot did not hold", 3: "an account did not answer"}


@verbs(
    examples={
        "seawall snapshots list": "what is stored, and how old",
        "seawall snapshots now web1": "save its databases, then a snapshot of its disks",
        "seawall snapshots prove web1": "restore the newest aside, read it, put it away",
    },
    exits=EXITS,
)
def command() -> None:
    """Images of whole disks, made by the cloud itself.

    Their schedule is in seawall.yml: cloud: { gcp: { snapshots: { every: 1d } } }. It runs when
    everything of yours is dead. Nothing here deletes a snapshot.
    """


@command.command(
    "list",
    examples={
        "seawall snapshots list": "of every declared server",
        "seawall snapshots list --json": "all of them, for a program",
    },
    exits=EXITS,
)
@json_option()
@pass_output
def listing(output: Output) -> int:
    """List what is stored, as the cloud itself tells. Reads only."""
    from seawall.commands import imaging

    return imaging.listing(output)


@command.command(
    examples={
        "seawall snapshots now": "every server in a cloud",
        "seawall snapshots now web1 --skip-backup": "only the disks",
    },
    exits=EXITS,
)
@server_argument(required=False)
@click.option("--skip-backup", is_flag=True, help="Do not save databases and uploads before.")
@json_option()
@pass_output
def now(output: Output, server: str | None, skip_backup: bool) -> int:
    """Begin a snapshot of all disks now.

    Databases and uploads are saved first, as seawall backup now does: a snapshot holds a disk as
    after a power cut. The cloud finishes it by itself.
    """
    from seawall.commands import imaging

    return imaging.now(output, server or "", backed=not skip_backup)


@command.command(
    examples={"seawall snapshots restore NAME web1": "a new disk, in the zone of web1"},
    exits=EXITS,
)
@click.argument("snapshot")
@server_argument()
@yes_option
@json_option()
@pass_output
def restore(output: Output, snapshot: str, server: str, yes: bool) -> int:
    """Make a new disk of a snapshot, where a server could attach it.

    It is paid for until you delete it. What the server lives on stays as it is.
    """
    from seawall.commands import imaging

    return imaging.restore(output, snapshot, server, yes=yes)


@command.command(
    examples={
        "seawall snapshots prove": "the newest of every server",
        "seawall snapshots prove web1": "of each disk of one",
    },
    exits=EXITS,
)
@server_argument(required=False)
@json_option()
@pass_output
def prove(output: Output, server: str | None) -> int:
    """Restore the newest snapshots aside, read them, and put the disks away.

    A new disk of each is attached to its server and mounted read-only; its files are read. Then it
    is detached and deleted. The server's own disks are not touched.
    """
    from seawall.commands import imaging

    return imaging.prove(output, server or "")
