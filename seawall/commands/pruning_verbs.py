"""The verb of `seawall backup` that lets old copies go, from here."""

import click

from seawall.commands import Verb, json_option, pass_output
from seawall.commands.servers import complete_servers
from seawall.report.screen import Output


@click.command(
    cls=Verb,
    examples={
        "seawall backup prune web1": "show what would go, and ask for the server's name",
        "seawall backup prune web1 --dry-run": "only show it",
        "seawall backup prune web1 --confirm web1": "without being asked",
    },
    exits={1: "something was not forgotten, or could not be read", 3: ""},
)
@click.argument("server", shell_complete=complete_servers)
@click.option("--dry-run", is_flag=True, help="Show what would go, and leave it.")
@click.option("--confirm", metavar="SERVER", help="The server's name, instead of typing it.")
@json_option()
@pass_output
def prune(output: Output, server: str, dry_run: bool, confirm: str | None) -> int:
    """Let old copies go that the server itself must not delete.

    For `append_only: true`: from this machine, with the key that `pruner:` names and no server
    has, by its own restic. What `keep:` says stays, and always the newest copy and the one that
    was proven last, for which the server is asked.
    """
    from seawall.commands import pruning

    return pruning.prune(output, server, confirm or "", dry=dry_run)


VERBS = (prune,)
