"""`seawall apply`: the servers become what seawall.yml says."""

import click

from seawall.commands import json_option, pass_output, server_argument, verb, yes_option
from seawall.report.screen import Output


@verb(
    examples={
        "seawall apply": "show the plan, ask, do exactly that",
        "seawall apply web1 --yes": "one server, without a question",
        "seawall apply --dry-run": "the same as seawall plan",
    },
    exits={1: "something could not be applied, or you said no"},
)
@server_argument("servers", nargs=-1, metavar="[SERVER]...")
@yes_option
@click.option("--dry-run", is_flag=True, help="Only show the plan.")
@click.option("--cloud-only", is_flag=True, help="The cloud accounts, no server.")
@json_option("events")
@pass_output
def command(
    output: Output, servers: tuple[str, ...], yes: bool, dry_run: bool, cloud_only: bool
) -> int:
    """Make the servers what seawall.yml says.

    Shows the plan, asks, and does exactly what was shown. A change that could lock you out
    undoes itself unless a second, new login works. Run it again after any interruption.
    """
    from seawall.commands import changes, plan

    if dry_run:
        return plan.show(output, servers, cloud_only=cloud_only)
    return changes.carry_out(output, servers, yes=yes, verb="apply", cloud_only=cloud_only)
