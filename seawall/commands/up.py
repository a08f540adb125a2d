"""`seawall up`: from bare to safe, and seen to be."""

import click

from seawall.commands import json_option, pass_output, server_argument, verb, yes_option
from seawall.report.screen import Output


@verb(
    examples={
        "seawall up": "every server in seawall.yml",
        "seawall up web1 --yes": "one server, without a question",
    },
    exits={1: "something could not be applied, must be fixed or is unknown"},
)
@server_argument("servers", nargs=-1, metavar="[SERVER]...")
@yes_option
@click.option("--dry-run", is_flag=True, help="Only show the plan.")
@json_option("events")
@pass_output
def command(output: Output, servers: tuple[str, ...], yes: bool, dry_run: bool) -> int:
    """Apply, deploy, then check: one command from a bare server to a safe one.

    Apps are deployed when they serve nothing yet, or not the last commit. Ends with what would
    be lost if a server died now.
    """
    from seawall.commands import changes, looking, plan
    from seawall.report import answers, documents, tally

    if dry_run:
        return plan.show(output, servers)
    code = changes.carry_out(output, servers, yes=yes, verb="up")
    code = code or _deployed(output, servers)
    if code:
        return code
    output.stays = lambda: "Everything is applied; only the check was interrupted."
    verdict, _ = looking.look(output, servers, only=(), skip=())
    if output.spoken:
        output.out.show([""])
        answers.show(verdict, output, "text", described=True)
    else:
        documents.write_event({"type": "verdict", **documents.verdict(verdict)})
    return tally.exit_code(verdict)


def _deployed(output: Output, servers: tuple[str, ...]) -> int:
    """Release the apps that serve nothing yet, or another commit than the last."""
    from seawall.commands import deploy, releasing

    total = 0
    for server in servers or ("",):
        meant = releasing.declared_apps(server)
        if meant and (due := releasing.due(output, meant)):
            total = max(total, deploy.released(output, due))
    return total
