"""`seawall logs`: what an app wrote, on all of its servers, also in a release that failed."""

import click

from seawall.commands import json_option, pass_output, verb
from seawall.commands.servers import complete_apps, complete_servers
from seawall.report.screen import Output

LAST = 100


@verb(
    examples={
        "seawall logs web": f"the last {LAST} lines",
        "seawall logs web -f": "and whatever comes",
        "seawall logs web --since 1h --grep error": "lines that match, of the last hour",
        "seawall logs web --release 8": "of one release, however it ended",
    },
    exits={1: "a server could not be asked"},
)
@click.argument("app", shell_complete=complete_apps)
@click.option("--follow", "-f", is_flag=True, help="Go on with new lines until Ctrl-C.")
@click.option("--since", metavar="TIME", help="Such as 30m, 1h, 2d or 2026-11-24.")
@click.option("--grep", metavar="PATTERN", help="Only lines that match; all small: any case.")
@click.option("--release", type=click.IntRange(1), metavar="N", help="Only of this release.")
@click.option("--server", shell_complete=complete_servers, help="Only on this server.")
@click.option("--lines", "-n", type=click.IntRange(0, 1_000_000), help="The last so many.")
@json_option("events")
@pass_output
def command(
    output: Output,
    app: str,
    follow: bool,
    since: str | None,
    grep: str | None,
    release: int | None,
    server: str | None,
    lines: int | None,
) -> int:
    """Show what an app wrote, in order, from all of its servers."""
    from seawall.commands import tailing
    from seawall.commands.releasing import target
    from seawall.engine.errands import Lines

    output.stays = lambda: "Stopped reading; nothing was changed."
    meant = target(app, server)
    last = lines if lines is not None or since else LAST
    wanted = Lines(meant.apps[0], follow, since or "", grep or "", release, last)
    return tailing.tail(output, meant, wanted)
