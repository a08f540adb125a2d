"""`seawall export`: what Seawall makes of seawall.yml, as files to read."""

from pathlib import Path

import click

from seawall.commands import json_option, pass_output, verbs
from seawall.report.screen import Output


@verbs(
    examples={"seawall export units DIR": "units, init scripts, cron lines, the proxy's settings"},
    exits={1: "files of yours are in the way", 3: ""},
)
def command() -> None:
    """Write out what runs on the servers, to read or to keep. Touches no server."""


@command.command(
    "units",
    examples={
        "seawall export units units": "one folder for each server",
        "git diff --no-index old units": "what a change of seawall.yml means",
    },
    exits={1: "files of yours are in the way", 3: ""},
)
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@json_option()
@pass_output
def units(output: Output, folder: Path) -> None:
    """Write what starts each app and the proxy, as the servers get it.

    Units, init scripts, cron lines, Supervisor's and pm2's files, and Caddy's configuration, from
    seawall.yml alone: the same each time, as of a first release, without a secret. A file that no
    export wrote, or that was changed since, is never overwritten.
    """
    from seawall.commands.servers import described
    from seawall.engine import exporting
    from seawall.report import documents

    output.stays = lambda: "Some files may be written; run it again."
    config, _ = described(())
    files, left_out = exporting.units(config)
    changed = exporting.write(folder, files)
    if output.spoken:
        told = [output.out.text(f"{folder}/{name}") for name in sorted(files)]
        output.out.show(told)
        output.err.show([output.err.text(f"not written: {text}") for text in left_out])
        output.err.show([f"{len(files)} files, {len(changed)} of them changed."])
    else:
        listed = {"files": sorted(files), "changed": changed, "left_out": left_out}
        documents.write({"format": documents.FORMAT, **listed})
