"""`seawall servers`: what runs in a cloud, as lines of seawall.yml."""

import click

from seawall.commands import json_option, pass_output, verbs
from seawall.report.screen import Output

EXITS = {3: ""}


@verbs(
    examples={"seawall servers import gcp": "what runs there and is not in seawall.yml"},
    exits=EXITS,
)
def command() -> None:
    """The servers of seawall.yml, found where they run."""


command.name = "servers"


@command.command(
    "import",
    examples={
        "seawall servers import gcp": "lines for seawall.yml",
        "seawall servers import aws --json": "everything that runs, for a program",
    },
    exits=EXITS,
)
@click.argument("name", required=False, metavar="[aws|gcp]", default="")
@json_option()
@pass_output
def bring(output: Output, name: str) -> int:
    """Print `servers:` of what runs in a cloud account and is not in seawall.yml yet.

    Reads only: look at the lines, then put them into seawall.yml.
    """
    from seawall.commands import granting

    return granting.listed(output, name)
