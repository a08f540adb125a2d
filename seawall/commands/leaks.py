"""`seawall leaks`: secrets that were committed, in the files and in all of history."""

from pathlib import Path

import click

from seawall.commands import json_option, pass_output, verb
from seawall.report.screen import Output


@verb(
    examples={
        "seawall leaks": "the files and all of history",
        "seawall leaks --staged": "only what the next commit adds, for a hook",
        "seawall leaks --baseline": "note all that is there as known, from now on only new ones",
    },
    exits={1: "a secret was found, or not everything could be read", 3: ""},
)
@click.option("--staged", is_flag=True, help="Only what is staged for the next commit.")
@click.option("--files", is_flag=True, help="Only the files, not history.")
@click.option("--baseline", is_flag=True, help="Note what is found as known, in a file to commit.")
@click.option("--all", "every", is_flag=True, help="What looks like a placeholder, too.")
@click.option(
    "--fail-on",
    type=click.Choice(["must", "should"]),
    default="must",
    show_default=True,
    help="What makes the exit code 1.",
)
@json_option()
@pass_output
def command(
    output: Output, staged: bool, files: bool, baseline: bool, every: bool, fail_on: str
) -> int:
    """Find passwords and keys that were committed, without showing them.

    Each comes with who brought it and when, and what to do: change it first, because it is
    known; then take it out. Reads only, asks no network, works in any repository.
    """
    from seawall.commands import leaking

    look = leaking.staged if staged else leaking.files if files else leaking.everything
    looked, seconds = look(output)
    if baseline:
        leaking.note(looked, Path.cwd(), output)
        return 0
    leaking.show(looked, output, seconds, every)
    return leaking.exit_code(looked, fail_on)
