"""`seawall alerts`: what is wrong now, who is told of it, and whether that works."""

import click

from seawall.commands import json_option, pass_output, server_argument, verbs
from seawall.commands.servers import complete_servers
from seawall.report.screen import Output

EXITS = {1: "a server could not be asked", 3: ""}

server_option = click.option("--server", shell_complete=complete_servers, help="Only this one.")


@verbs(
    examples={
        "seawall alerts test": "a message through every channel, with its receipt",
        "seawall alerts list": "what is wrong now, and how the channels are",
        "seawall alerts mute 2h": "quiet while you work on it",
    },
    exits=EXITS,
)
def alerts() -> None:
    """See what is wrong, and try whether somebody is told.

    Servers watch themselves and tell by the channels that `alerts:` in seawall.yml declares,
    whether your laptop is on or not.
    """


@alerts.command(
    examples={
        "seawall alerts test": "from every server, by every channel",
        "seawall alerts test web1 --channel slack": "by one",
    },
    exits={1: "a channel did not take it", 3: ""},
)
@server_argument(required=False)
@click.option("--channel", default="", metavar="NAME", help="Only by this one.")
@json_option()
@pass_output
def test(output: Output, server: str | None, channel: str) -> int:
    """Send a message by every channel, and show what each answered.

    It goes the way of every alert: from the server, by the same unit, once. What was taken proves
    the channel for thirty days.
    """
    from seawall.commands import alerting

    return alerting.test(output, server or "", channel)


@alerts.command(
    "list",
    examples={"seawall alerts list": "of every server", "seawall alerts list --json": "as JSON"},
    exits=EXITS,
)
@server_argument(required=False)
@json_option()
@pass_output
def listing(output: Output, server: str | None) -> int:
    """List what is open, what waits, and how every channel is. Reads only."""
    from seawall.commands import alerting

    return alerting.show(output, server or "", "list")


@alerts.command(
    examples={
        "seawall alerts ack 3f9a": "by the beginning of its id",
        "seawall alerts ack": "all that is open",
    },
    exits=EXITS,
)
@click.argument("ids", nargs=-1, metavar="[ID]...")
@server_option
@json_option()
@pass_output
def ack(output: Output, ids: tuple[str, ...], server: str | None) -> int:
    """Say that you know: no reminders until it is well again, or worse."""
    from seawall.commands import alerting

    return alerting.show(output, server or "", "ack", ids=list(ids))


@alerts.command(
    examples={
        "seawall alerts mute 2h": "nothing from any server for two hours",
        "seawall alerts mute 30m --server web1 --rule disk-space": "one rule on one server",
        "seawall alerts mute off": "hear of everything again",
    },
    exits=EXITS,
)
@click.argument("how_long", metavar="2h|off")
@server_option
@click.option("--rule", default="", help="Only messages of this rule.")
@json_option()
@pass_output
def mute(output: Output, how_long: str, server: str | None, rule: str) -> int:
    """Hold messages for a while. What is still wrong afterwards is told then; nothing is lost."""
    from seawall.commands import alerting

    return alerting.mute(output, server or "", how_long, rule)


@alerts.command(
    examples={"seawall alerts history": "the last 20 of each server"},
    exits=EXITS,
)
@server_argument(required=False)
@click.option("--last", type=click.IntRange(1, 1000), default=20, help="How many; 20 by default.")
@json_option()
@pass_output
def history(output: Output, server: str | None, last: int) -> int:
    """Show what was told, by which channel, and with which receipt. Reads only."""
    from seawall.commands import alerting

    return alerting.show(output, server or "", "history", last=last)


command = alerts
