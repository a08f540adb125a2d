"""`seawall remove`: Seawall leaves a server; people, firewall and apps stay as they are."""

import time

import click

from seawall.commands import json_option, pass_output, server_argument, verb
from seawall.report.screen import Output


@verb(
    examples={
        "seawall remove web1": "asks for the server's name",
        "seawall remove web1 --confirm web1": "without a question",
        "seawall remove web1 --dry-run": "only say what would happen",
    },
    exits={1: "it could not be removed, or you typed another name"},
)
@server_argument("server", metavar="SERVER|USER@HOST")
@click.option("--confirm", metavar="SERVER", help="The server's name again, instead of typing it.")
@click.option("--dry-run", is_flag=True, help="Only say what would happen.")
@json_option("events")
@pass_output
def command(output: Output, server: str, confirm: str | None, dry_run: bool) -> int:
    """Take Seawall off a server; everything else on it stays."""
    from seawall import engine
    from seawall.commands.naming import require_name
    from seawall.commands.servers import any_server
    from seawall.report import outcomes
    from seawall.report.progress import following

    config, name = any_server(server)
    if output.spoken:
        outcomes.leaving(server, output.out)
    if dry_run:
        return 0
    require_name(output, (server, name), confirm or "", again=f"seawall remove {server}")
    began = time.monotonic()
    with following(output, [name], "remove") as on_event:
        applied = [engine.remove(config, name, on_event)]
    outcomes.report(applied, output, seconds=time.monotonic() - began)
    return outcomes.exit_code(applied)
