"""`seawall releases`: which release serves, and which ones one could go back to."""

import click

from seawall.commands import json_option, pass_output, verb
from seawall.commands.servers import complete_apps, complete_servers
from seawall.report.screen import Output


@verb(
    examples={
        "seawall releases": "of every app",
        "seawall releases web": "number, state, commit, author, when",
        "seawall releases web --json": "the same for a program",
    },
    exits={1: "a server could not be asked"},
)
@click.argument("app", required=False, shell_complete=complete_apps)
@click.option("--server", shell_complete=complete_servers, help="Only on this server.")
@json_option()
@pass_output
def command(output: Output, app: str | None, server: str | None) -> int:
    """List the releases of your apps, newest first. Reads only."""
    from seawall.commands.releasing import look, target
    from seawall.report import documents, releases

    output.stays = lambda: "Nothing was changed."
    meant = target(app, server)
    seen = [one for name in meant.apps for one in look(output, meant, name)]
    if output.spoken:
        back = any(one.before() for one in seen)
        follow = f"seawall rollback {meant.apps[0]}" if back and len(meant.apps) == 1 else ""
        releases.show(seen, output.out, follow=follow)
    else:
        documents.write(releases.document(seen))
    return releases.exit_code(seen)
