"""`seawall cloud`: what a cloud account has to allow."""

import click

from seawall.commands import json_option, pass_output, verbs
from seawall.report.screen import Output


@verbs(
    examples={
        "seawall cloud policy gcp > role.json": "for gcloud iam roles create --file",
        "seawall cloud policy aws": "for a policy in IAM",
    },
    exits={3: ""},
)
def command() -> None:
    """What a cloud account has to allow, and whether it does."""


@command.command(
    examples={
        "seawall cloud policy": "of the one account in seawall.yml",
        "seawall cloud policy gcp > role.json": "for gcloud iam roles create --file",
        "seawall cloud policy --check": "also ask the account what is missing",
    },
    exits={1: "a permission is missing", 3: ""},
)
@click.argument("name", required=False, metavar="[aws|gcp]", default="")
@click.option("--check", is_flag=True, help="Ask the account which of it is missing.")
@json_option()
@pass_output
def policy(output: Output, name: str, check: bool) -> int:
    """Print the least that the account must allow Seawall, for what seawall.yml declares.

    In the provider's own words: an IAM policy, or a custom role. Nobody is asked without --check.
    """
    from seawall.commands import granting

    return granting.policy(output, name, asked=check)
