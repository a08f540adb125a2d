"""`seawall check`: what is wrong, and how to put it right."""

import click

from seawall.commands import json_option, pass_output, server_argument, verb
from seawall.report.screen import Output

FORMATS = ("text", "json", "sarif", "github", "markdown", "junit")


@verb(
    examples={
        "seawall check": "this repository and every server in seawall.yml",
        "seawall check web1": "one of them",
        "seawall check root@203.0.113.7": "any server, no seawall.yml needed",
        "seawall check --format sarif": "for code scanning",
        "seawall check --skip updates": "all but one section",
        "seawall check --only passwords": "one topic of the repository; --only repository: all",
    },
    exits={1: "something must be fixed, or could not be checked"},
)
@server_argument("targets", nargs=-1, metavar="[SERVER|USER@HOST]...")
@click.option(
    "--format",
    "form",
    type=click.Choice(FORMATS),
    metavar="FORM",
    help=f"{', '.join(FORMATS[:-1])} or {FORMATS[-1]}.",
)
@json_option()
@click.option(
    "--fail-on",
    type=click.Choice(["must", "should"]),
    default="must",
    show_default=True,
    help="What makes the exit code 1.",
)
@click.option("--audit", is_flag=True, help="Ask npm audit and pip-audit about packages.")
@click.option("--only", multiple=True, metavar="ID", help="Only this check or section.")
@click.option("--skip", multiple=True, metavar="ID", help="Not this check or section.")
@click.option("--cloud-only", is_flag=True, help="The cloud accounts, no server.")
@pass_output
def command(
    output: Output,
    targets: tuple[str, ...],
    form: str | None,
    fail_on: str,
    audit: bool,
    only: tuple[str, ...],
    skip: tuple[str, ...],
    cloud_only: bool,
) -> int:
    """Say what is wrong, and how to put it right.

    Reads only: nothing is changed and nothing is left on a server. What could not be checked
    is said, and never counts as fine.
    """
    from seawall.commands import looking
    from seawall.report import answers, tally

    form = form or output.form
    output.form = "json" if form in ("json", "sarif") else "text"
    if cloud_only:
        targets = looking.accounts(targets)
    verdict, described = looking.look(output, targets, only=only, skip=skip, audit=audit)
    answers.show(verdict, output, form, described=described, fail_on=fail_on)
    return tally.exit_code(verdict, fail_on)
