"""`seawall plan`: what would change, and what could lock you out."""

import click

from seawall.commands import json_option, pass_output, server_argument, verb
from seawall.report.screen import Output


@verb(
    examples={
        "seawall plan": "every server in seawall.yml",
        "seawall plan web1 --diff": "every line of every file of one",
        "seawall plan --exit-code": "for CI: 1 when something would change",
    },
    exits={1: "something would change, with --exit-code; or a plan could not be made"},
)
@server_argument("servers", nargs=-1, metavar="[SERVER]...")
@click.option("--diff", is_flag=True, help="Every line of every file.")
@click.option("--exit-code", is_flag=True, help="Exit with 1 when something would change.")
@click.option("--cloud-only", is_flag=True, help="The cloud accounts, no server.")
@json_option()
@pass_output
def command(
    output: Output, servers: tuple[str, ...], diff: bool, exit_code: bool, cloud_only: bool
) -> int:
    """Show what apply would change, as a diff. Reads only."""
    return show(output, servers, diff=diff, exit_code=exit_code, cloud_only=cloud_only)


def show(
    output: Output,
    servers: tuple[str, ...],
    *,
    diff: bool = False,
    exit_code: bool = False,
    cloud_only: bool = False,
) -> int:
    """Plan and show it; the exit code."""
    from seawall.commands.changes import planned
    from seawall.commands.servers import everything
    from seawall.report import answers, outcomes

    config, names = everything(servers, cloud_only=cloud_only)
    found = planned(output, config, names)
    answers.plans(found, output, diff=diff, follow="seawall up")
    changes = any(plan.changes for plan in found)
    return outcomes.plan_code(found) or int(exit_code and changes)
