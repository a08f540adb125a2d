"""A verdict in the form it was asked for."""

import sys

from seawall.kit import Verdict
from seawall.report import documents, github, markdown, sarif, verdicts
from seawall.report.screen import Output


def show(verdict: Verdict, output: Output, form: str, *, described: bool) -> None:
    """Write a verdict as text, json, sarif, github or markdown."""
    if form == "json":
        documents.write(documents.verdict(verdict))
    elif form == "sarif":
        documents.write(sarif.document(verdict))
    elif form == "github":
        github.show(verdict)
    elif form == "markdown":
        sys.stdout.write(markdown.document(verdict))
    else:
        verdicts.show(verdict, output.out, described=described)
