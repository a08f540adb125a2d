"""`seawall metrics`: numbers of your servers, now, at a moment, or over a time."""

import sys
from datetime import datetime

import click

from seawall.commands import json_option, pass_output, verb
from seawall.commands.servers import complete_servers
from seawall.report.screen import Output


@verb(
    examples={
        "seawall metrics": "the newest of every server, for Prometheus (OpenMetrics)",
        'seawall metrics web1 --at "last tuesday 02:10"': "disk, memory, processors of then",
        "seawall metrics --since 7d": "least, mean and most of each",
    },
    exits={1: "a server could not be asked"},
)
@click.argument("servers", nargs=-1, shell_complete=complete_servers)
@click.option("--at", metavar="TIME", help="Such as 02:10, yesterday 14:00 or 2026-11-24 02:10.")
@click.option("--since", metavar="TIME", help="Such as 3h, 7d or yesterday.")
@click.option("--until", metavar="TIME", help="The end of it; now without.")
@json_option()
@pass_output
def command(
    output: Output, servers: tuple[str, ...], at: str | None, since: str | None, until: str | None
) -> int:
    """Show what your servers measured: from each one's own history of 90 days. Reads only."""
    from seawall.commands.moments import moment
    from seawall.commands.servers import described
    from seawall.engine import metrics as asked
    from seawall.errors import ConfigError
    from seawall.report import documents, metrics

    if (at and since) or (until and not since):
        raise ConfigError("--at is one moment, --since and --until are a time", "leave one out")
    output.stays = lambda: "Nothing was changed."
    now = datetime.now().astimezone()
    given = {"at": at, "since": since, "until": until}
    when = {name: moment(f"--{name}", text, now) for name, text in given.items() if text}
    config, names = described(servers)
    seen = asked.ask(config, names, when)
    if not output.spoken:
        documents.write(metrics.document(seen))
    elif when:
        metrics.show(seen, output.out)
    else:
        sys.stdout.write(metrics.openmetrics(seen))
    return int(any(each.error for each in seen))
