"""A verdict or a plan in the form it was asked for."""

import sys

from seawall.kit import Plan, Verdict
from seawall.report import documents, github, junit, markdown, sarif, verdicts
from seawall.report import plans as report
from seawall.report.pager import paged
from seawall.report.screen import Output


def show(
    verdict: Verdict, output: Output, form: str, *, described: bool, fail_on: str = "must"
) -> None:
    """Write a verdict as text, json, sarif, github, markdown or junit."""
    if form == "json":
        documents.write(documents.verdict(verdict))
    elif form == "sarif":
        documents.write(sarif.document(verdict))
    elif form == "github":
        github.show(verdict)
    elif form == "markdown":
        sys.stdout.write(markdown.document(verdict))
    elif form == "junit":
        sys.stdout.write(junit.document(verdict, fail_on))
    else:
        verdicts.show(verdict, output.out, described=described)


def plans(plans: list[Plan], output: Output, *, diff: bool = False, follow: str = "") -> None:
    """Write plans as text, as a document or as an event."""
    if output.form == "events":
        documents.write_event({"type": "plan", **documents.plans(plans)})
    elif output.form == "json":
        documents.write(documents.plans(plans))
    else:
        with paged(output, wanted=diff) as screen:
            report.show(plans, screen, diff=diff, follow=follow)
