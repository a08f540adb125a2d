"""The verbs of `seawall backup` that read what a stored run holds."""

import click

from seawall.commands import Verb, json_option, pass_output
from seawall.commands.servers import complete_servers
from seawall.report.screen import Output

EXITS = {1: "there is no such run, or it could not be read", 3: ""}

server_option = click.option(
    "--server", shell_complete=complete_servers, help="Whose, if several have data."
)


@click.command(
    cls=Verb,
    examples={
        "seawall backup show 20261124T0300": "by the beginning of a run's name",
        "seawall backup show 7c1e90ab --json": "by a snapshot's, for a program",
    },
    exits=EXITS,
)
@click.argument("run")
@server_option
@json_option()
@pass_output
def show(output: Output, run: str, server: str | None) -> int:
    """Show what a stored run holds: tables and their rows, files, size, and its proof."""
    from seawall.commands import reading

    return reading.read(output, server or "", run)


@click.command(
    cls=Verb,
    examples={"seawall backup diff 20261123T0300 20261124T0300": "what a day changed"},
    exits=EXITS,
)
@click.argument("older")
@click.argument("newer")
@server_option
@json_option()
@pass_output
def diff(output: Output, older: str, newer: str, server: str | None) -> int:
    """Show what one run has that another lacks: tables, rows, and all other objects."""
    from seawall.commands import reading

    return reading.read(output, server or "", older, newer)


VERBS = (show, diff)
