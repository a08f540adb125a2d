"""A verdict in a GitHub job: the worst ten as annotations, everything in the job's summary.

GitHub shows ten annotations a step and drops the others without a word, hence both.
"""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

from seawall.kit import SectionVerdict, Verdict
from seawall.report import markdown
from seawall.report.places import place
from seawall.report.tally import Tally
from seawall.report.words import duration, harmless

WORST = 10


def show(verdict: Verdict) -> None:
    """Annotations and the sum to the job's log, the rest to its summary."""
    lines = annotations(verdict)[:WORST]
    told = Tally.of(verdict.sections).sentence(duration(verdict.seconds))
    sys.stdout.write("\n".join([*lines, told]) + "\n")
    if summary := os.environ.get("GITHUB_STEP_SUMMARY"):
        with Path(summary).open("a", encoding="utf-8") as file:
            file.write(markdown.document(verdict))


def annotations(verdict: Verdict) -> list[str]:
    """Workflow commands, worst first."""
    sections = verdict.sections
    errors = [line for section in sections for line in _found(section, "must", "error")]
    unreached = [line for section in sections for line in _unreached(section)]
    warnings = [line for section in sections for line in _found(section, "should", "warning")]
    unknown = [line for section in sections for line in _unknown(section)]
    return [*errors, *unreached, *unknown, *warnings]


def _found(section: SectionVerdict, severity: str, kind: str) -> Iterator[str]:
    for check, finding in section.found(severity):
        told = (f"{section.name}: {finding.problem}", finding.evidence, f"fix: {finding.fix}")
        yield _command(kind, place(section, finding.evidence), check.id, told)


def _unreached(section: SectionVerdict) -> Iterator[str]:
    if section.error:
        told = (section.error.problem, section.error.hint)
        yield _command("error", place(section, ""), "could not be checked", told)


def _unknown(section: SectionVerdict) -> Iterator[str]:
    for result in section.results:
        if result.state == "unknown":
            told = (f"{section.name}: could not be checked: {result.check.title}", result.why)
            yield _command("warning", place(section, ""), result.check.id, (*told, result.fix))


def _command(kind: str, where: tuple[str, int], title: str, told: tuple[str, ...]) -> str:
    file, line = where
    lines = (part for text in told for part in text.splitlines())
    safe = "\n".join(harmless(part) for part in lines if part not in ("", "fix: "))
    at = f"file={_property(file)},line={line},title={_property(title)}"
    return f"::{kind} {at}::{_data(safe)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
