"""A verdict in a GitHub job: the worst ten as annotations, everything in the job's summary.

GitHub shows ten annotations a step and drops the others without a word, hence both.
"""

import os
import sys
from pathlib import Path

from seawall.kit import SectionVerdict, Verdict
from seawall.report import markdown
from seawall.report.sarif import place
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
    errors, warnings = [], []
    for section in verdict.sections:
        errors += _annotated(section, "must", "error")
        warnings += _annotated(section, "should", "warning")
        if section.error:
            text = f"{section.error.problem}\n{section.error.hint}"
            errors.append(_command("error", section, "could not be checked", text, ""))
        for result in section.results:
            if result.state == "unknown":
                text = f"{result.check.title}: could not be checked, {result.why}\n{result.fix}"
                warnings.append(_command("warning", section, result.check.id, text, ""))
    return [*errors, *warnings]


def _annotated(section: SectionVerdict, severity: str, kind: str) -> list[str]:
    return [
        _command(
            kind,
            section,
            check.id,
            f"{section.name}: {finding.problem}\n{finding.evidence}\nfix: {finding.fix}",
            finding.evidence,
        )
        for check, finding in section.found(severity)
    ]


def _command(kind: str, section: SectionVerdict, title: str, text: str, evidence: str) -> str:
    file, line = place(section, evidence)
    safe = "\n".join(harmless(part) for part in text.splitlines() if part)
    where = f"file={_property(file)},line={line},title={_property(title)}"
    return f"::{kind} {where}::{_data(safe)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
