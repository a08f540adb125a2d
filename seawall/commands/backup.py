"""`seawall backup`: copies of what must not be lost, made, listed and proven."""

import re

import click

from seawall.commands import json_option, pass_output, server_argument, verbs
from seawall.commands.pruning_verbs import VERBS as PRUNING
from seawall.commands.reading_verbs import VERBS as READING
from seawall.commands.recovery_verbs import VERBS
from seawall.errors import ConfigError
from seawall.report.screen import Output

EXITS = {1: "something was not saved, or a copy did not hold", 3: ""}

data_option = click.option("--data", multiple=True, metavar="NAME", help="Only this; repeatable.")


@verbs(
    examples={
        "seawall backup now": "save everything, on every server",
        "seawall backup list": "what is stored, how old, and when it was proven",
        "seawall backup prove web1": "restore the newest copies aside, and compare",
    },
    exits=EXITS,
)
def backup() -> None:
    """Save data, and prove that it comes back.

    Databases and uploads that seawall.yml declares are saved and proven by their server, on
    schedule, whether your laptop is on or not. These verbs do it now.
    """


@backup.command(
    examples={
        "seawall backup now": "on every server with data",
        "seawall backup now web1 --data main": "one database",
    },
    exits=EXITS,
)
@server_argument(required=False)
@data_option
@json_option()
@pass_output
def now(output: Output, server: str | None, data: tuple[str, ...]) -> int:
    """Save databases and uploads now, to every place that seawall.yml names."""
    from seawall.commands import saving
    from seawall.engine.backing import Wanted

    return saving.carry_out(output, server or "", Wanted("backup", data))


@backup.command(
    examples={
        "seawall backup prove": "every newest copy",
        "seawall backup prove web1 --data main": "that of one database",
    },
    exits=EXITS,
)
@server_argument(required=False)
@data_option
@json_option()
@pass_output
def prove(output: Output, server: str | None, data: tuple[str, ...]) -> int:
    """Restore the newest copies aside and compare them with what was saved.

    From the destination, into a scratch database of their own; the live one is never touched.
    Every table is counted and summed up, every view is asked, and what `assert:` says must hold.
    """
    from seawall.commands import saving
    from seawall.engine.backing import Wanted

    return saving.carry_out(output, server or "", Wanted("prove", data))


@backup.command(
    examples={
        "seawall backup verify": "the part of what is stored that comes next",
        "seawall backup verify web1 --all": "everything, which may take long",
        "seawall backup verify web1 --subset 2/10": "the second of ten parts",
    },
    exits={1: "something stored is damaged, or could not be read", 3: ""},
)
@server_argument(required=False)
@click.option("--all", "whole", is_flag=True, help="Everything at once.")
@click.option("--subset", metavar="N/M", help="Part N of M, of at most 256.")
@json_option()
@pass_output
def verify(output: Output, server: str | None, whole: bool, subset: str | None) -> int:
    """Read what is stored again, so that damage is found that only old copies have.

    From every destination; the servers do it by themselves as well, one part a day, so that
    everything was read once in the time that `verify:` in seawall.yml says.
    """
    from seawall.commands import saving
    from seawall.engine.backing import Wanted

    return saving.carry_out(output, server or "", Wanted("verify", (), _part(whole, subset)))


def _part(whole: bool, subset: str | None) -> tuple[int, int] | None:
    """Which part is meant; None for the next one."""
    if whole and subset:
        raise ConfigError("--all and --subset contradict each other", "choose one")
    found = re.fullmatch(r"(\d{1,3})/(\d{1,3})", subset or "1/1")
    if not found or not 1 <= int(found[1]) <= int(found[2]) <= 256:
        raise ConfigError(f"--subset {subset}: that is no part", "such as 2/10, of at most 256")
    return (int(found[1]), int(found[2])) if whole or subset else None


@backup.command(
    "list",
    examples={
        "seawall backup list": "of every server with data",
        "seawall backup list web1 --json": "for a program",
    },
    exits={1: "a server or its copies could not be asked", 3: ""},
)
@server_argument(required=False)
@json_option()
@pass_output
def listing(output: Output, server: str | None) -> int:
    """List what is stored, as the destination itself tells. Reads only."""
    from seawall.commands import saving

    return saving.listing(output, server or "")


for each in (*READING, *PRUNING, *VERBS):
    backup.add_command(each)
command = backup
