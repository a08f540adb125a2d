"""`seawall rebuild`: a lost server comes back on a bare machine."""

import click

from seawall.commands import json_option, pass_output, server_argument, verb
from seawall.report.screen import Output


@verb(
    examples={
        "seawall rebuild web1 --from-backup --on root@203.0.113.9": "on a new machine",
        "seawall rebuild web1 --from-backup": "at the address in seawall.yml, installed anew",
        "seawall rebuild web1 --from-backup --kit FILE": "with the keys of a recovery kit",
    },
    exits={1: "not everything is back, or you typed another name; run again, it goes on"},
)
@server_argument("server")
@click.option("--from-backup", is_flag=True, required=True, help="Restore the newest copies.")
@click.option("--on", metavar="HOST", default="", help="The bare machine, as ssh is given it.")
@click.option("--kit", type=click.Path(exists=True, dir_okay=False), help="A recovery kit.")
@click.option("--release", metavar="COMMIT", default="", help="Release this one instead.")
@click.option("--confirm", metavar="SERVER", help="The server's name again, instead of typing it.")
@json_option("events")
@pass_output
def command(output: Output, /, **asked: str | None) -> int:
    """Bring a lost server back: hardened, its data restored and compared, its apps released.

    The release is the one that served when the data was saved. Refuses a machine that holds data
    already. Interrupted, it goes on where it was; a second run changes nothing. The lost machine
    has to be off: two would save to one place.
    """
    from seawall.commands import rebuilding

    asked.pop("from_backup")
    return rebuilding.carry_out(output, rebuilding.Asked(**{k: v or "" for k, v in asked.items()}))
