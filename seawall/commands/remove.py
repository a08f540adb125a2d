"""`seawall remove`: Seawall leaves a server; people, firewall and apps stay as they are."""

import time

import click

from seawall.commands import json_option, pass_output, server_argument, verb
from seawall.errors import ConfigError, Refused
from seawall.report.screen import Output, may_ask


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
    from seawall.commands.servers import any_server
    from seawall.report import outcomes
    from seawall.report.progress import following

    config, name = any_server(server)
    if output.spoken:
        outcomes.leaving(server, output.out)
    if dry_run:
        return 0
    if (confirm or _typed(output, server)) not in (server, name):
        raise Refused(f"the name is another one: {server} was not touched")
    began = time.monotonic()
    with following(output, [name], "remove") as on_event:
        applied = [engine.remove(config, name, on_event)]
    outcomes.report(applied, output, seconds=time.monotonic() - began)
    return outcomes.exit_code(applied)


def _typed(output: Output, server: str) -> str:
    if not (output.spoken and may_ask()):
        flag = f"--confirm {server}"
        raise ConfigError(
            f"{flag} is missing, and nobody can be asked", f"seawall remove {server} {flag}"
        )
    answer: str = click.prompt(
        "Type the name of the server", default="", show_default=False, err=True
    )
    return answer.strip()
