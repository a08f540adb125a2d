"""`seawall restart`: the serving release anew, without a dropped request."""

import click

from seawall.commands import json_option, pass_output, verb
from seawall.commands.servers import complete_apps, complete_servers
from seawall.report.screen import Output


@verb(
    examples={
        "seawall restart web": "on all of its servers, one after the other",
        "seawall restart web --server web1": "on one of them",
    },
    exits={1: "it could not be restarted; what served before still does"},
)
@click.argument("app", shell_complete=complete_apps)
@click.option("--server", shell_complete=complete_servers, help="Only on this server.")
@json_option("events")
@pass_output
def command(output: Output, app: str, server: str | None) -> int:
    """Start the serving release once more, switch to it, stop the old.

    The same code, command, environment and secrets; nothing is built and nobody waits.
    """
    from seawall.commands.releasing import carry_out, target
    from seawall.engine.deploying import Wanted

    return carry_out(output, target(app, server), lambda name: Wanted(name, restart=True))
