"""`seawall restore`: data comes back, beside what is there; into production when told twice."""

import click

from seawall.commands import json_option, pass_output, verb
from seawall.commands.servers import complete_servers
from seawall.report.screen import Output


@verb(
    examples={
        "seawall restore": "what can be restored",
        "seawall restore main": "the newest copy, into a database beside the live one",
        "seawall restore main --at '2026-11-24 03:00'": "the newest copy of that time",
        "seawall restore main --table users": "the rows of one table",
        "seawall restore web-uploads --file /srv/uploads/a.jpg": "one file, or one folder",
        "seawall restore main --into-production": "in the place of the live one",
    },
    exits={1: "it was not restored, or is not what was saved", 3: ""},
)
@click.argument("data", required=False)
@click.option("--server", shell_complete=complete_servers, help="Where, if several have it.")
@click.option("--at", metavar="TIME", help="As it was then: a time here, or such as 2h or 3d ago.")
@click.option("--run", metavar="RUN", help="From this run; backup list shows them.")
@click.option("--table", metavar="NAME", help="Only the rows of this table, such as public.users.")
@click.option("--file", metavar="PATH", help="Only this file or folder, as it lies on the server.")
@click.option("--into-production", is_flag=True, help="In the place of the live data.")
@click.option("--confirm", metavar="SERVER", help="The server's name, instead of typing it.")
@click.option("--no-safety-copy", is_flag=True, help="Do not save the live data before.")
@json_option()
@pass_output
def command(
    output: Output,
    data: str | None,
    server: str | None,
    at: str | None,
    run: str | None,
    table: str | None,
    file: str | None,
    into_production: bool,
    confirm: str | None,
    no_safety_copy: bool,
) -> int:
    """Bring data back from its newest copy, or from an older one.

    Beside the live data, which is not touched: a database of its own, or a folder. It is compared
    with what was saved, table by table.

    Into production, the live data is saved first, then the copy is restored beside it and
    compared, and only when it is the same do the two change places. The former database or folder
    stays beside, and visitors wait for less than a second.
    """
    from seawall.commands import saving
    from seawall.commands.bringing_back import Choice, Part, carry_out

    if data is None:
        return saving.listing(output, server or "")
    which = Choice(data, server or "", at or "", run or "", confirm or "")
    part = Part(table or "", file or "", live=into_production, safety=not no_safety_copy)
    return carry_out(output, which, part)
