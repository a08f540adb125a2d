"""`seawall backup`: copies of what must not be lost, made, listed and proven."""

import click

from seawall.commands import json_option, pass_output, server_argument, verbs
from seawall.commands.reading_verbs import VERBS as READING
from seawall.commands.recovery_verbs import VERBS
from seawall.report.screen import Output

EXITS = {1: "something was not saved, or a copy did not hold", 3: ""}

data_option = click.option("--data", multiple=True, metavar="NAME", help="Only this; repeatable.")


@verbs(
    examples={
        "seawall backup now": "save everything, on every server",
        "seawall backup list": "what is stored, how old, and when it was proven",
        "seawall backup prove web1": "restore the newest copies aside, and compare",
    },
    exits=EXITS,
)
def backup() -> None:
    """Save data, and prove that it comes back.

    Databases and uploads that seawall.yml declares are saved and proven by their server, on
    schedule, whether your laptop is on or not. These verbs do it now.
    """


@backup.command(
    examples={
        "seawall backup now": "on every server with data",
        "seawall backup now web1 --data main": "one database",
    },
    exits=EXITS,
)
@server_argument(required=False)
@data_option
@json_option()
@pass_output
def now(output: Output, server: str | None, data: tuple[str, ...]) -> int:
    """Save databases and uploads now, to every place that seawall.yml names."""
    from seawall.commands import saving

    return saving.carry_out(output, server or "", "backup", data)


@backup.command(
    examples={
        "seawall backup prove": "every newest copy",
        "seawall backup prove web1 --data main": "that of one database",
    },
    exits=EXITS,
)
@server_argument(required=False)
@data_option
@json_option()
@pass_output
def prove(output: Output, server: str | None, data: tuple[str, ...]) -> int:
    """Restore the newest copies aside and compare them with what was saved.

    From the destination, into a scratch database of their own; the live one is never touched.
    Every table is counted and summed up, every view is asked, and what `assert:` says must hold.
    """
    from seawall.commands import saving

    return saving.carry_out(output, server or "", "prove", data)


@backup.command(
    "list",
    examples={
        "seawall backup list": "of every server with data",
        "seawall backup list web1 --json": "for a program",
    },
    exits={1: "a server or its copies could not be asked", 3: ""},
)
@server_argument(required=False)
@json_option()
@pass_output
def listing(output: Output, server: str | None) -> int:
    """List what is stored, as the destination itself tells. Reads only."""
    from seawall.commands import saving

    return saving.listing(output, server or "")


for each in (*READING, *VERBS):
    backup.add_command(each)
command = backup
