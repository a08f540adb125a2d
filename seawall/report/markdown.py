"""A verdict as Markdown, for a job's summary, an issue or a pull request.

Text from servers is shown as it is: nothing in it becomes a link, an image or markup.
"""

import re

from seawall.kit import SectionVerdict, Verdict
from seawall.report.tally import Tally
from seawall.report.verdicts import summary
from seawall.report.words import duration, harmless

SYMBOLS = {"must": "✗", "should": "!"}


def document(verdict: Verdict) -> str:
    """Everything that was found."""
    lines = ["## Seawall", "", Tally.of(verdict.sections).sentence(duration(verdict.seconds)), ""]
    for section in verdict.sections:
        lines += [f"### {escape(section.name)}", "", re.sub(" {2,}", ": ", summary(section)), ""]
        lines += [*_section(section), ""]
    if verdict.not_checked:
        lines += ["### Not checked", "", *(f"- {escape(text)}" for text in verdict.not_checked), ""]
    if verdict.loss:
        lines += [f"**{escape(verdict.loss)}**", ""]
    return "\n".join(lines)


def _section(section: SectionVerdict) -> list[str]:
    lines = []
    if section.error:
        lines += _entry("✗", section.error.problem, "", ("", section.error.hint))
    for severity, symbol in SYMBOLS.items():
        for check, found in section.found(severity):
            lines += _entry(symbol, found.problem, check.id, (found.evidence, found.fix))
    for result in section.results:
        if result.state == "unknown":
            lines += _entry("?", result.check.title, result.check.id, (result.why, result.fix))
    return lines


def _entry(symbol: str, problem: str, name: str, more: tuple[str, str]) -> list[str]:
    evidence, fix = more
    shown = f" `{name}`" if name else ""
    lines = [f"- {symbol} **{escape(problem)}**{shown}"]
    lines += [f"  <br>{escape(line)}" for line in evidence.splitlines()]
    return lines + ([f"  <br>fix: {escape(fix)}"] if fix else [])


def escape(text: str) -> str:
    """The same text, with nothing left that Markdown or HTML would obey."""
    tame = harmless(text).replace("&", "&amp;").replace("<", "&lt;")
    return re.sub(r"([\\`*_{}\[\]()#!|~>])", r"\\\1", tame).replace("@", "&#64;")
