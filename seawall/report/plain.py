"""The same answers for a screen reader: `key: value` lines, no symbols, no columns."""

from collections.abc import Iterator

from seawall.kit import Plan, PlannedChange, SectionVerdict
from seawall.report.screen import Screen
from seawall.report.tally import Tally

ACTIONS = {"+": "add", "~": "change", "-": "remove"}
SEVERITIES = {"must": "must fix", "should": "should fix"}


def section(section: SectionVerdict, screen: Screen) -> list[str]:
    """One server's findings."""
    return [_line(key, value, screen) for key, value in _section(section)]


def plan(plan: Plan, screen: Screen, *, diff: bool) -> list[str]:
    """One server's changes."""
    pairs = [("server", plan.server), ("changes", str(len(plan.changes)))]
    pairs += [("error", plan.error.problem), ("hint", plan.error.hint)] if plan.error else []
    pairs += [("missing", text) for text in plan.preflight]
    pairs += [("note", text) for text in plan.notes]
    lines = [_line(key, value, screen) for key, value in pairs if value]
    for change in plan.changes:
        lines += ["", *(_line(key, value, screen) for key, value in _change(change, diff))]
    return lines


def _section(section: SectionVerdict) -> Iterator[tuple[str, str]]:
    tally = Tally.of((section,))
    yield "server", section.name
    if section.error:
        yield "could not be checked", section.error.problem
        yield "fix", section.error.hint
    yield "checks", str(tally.checks)
    for severity, words in SEVERITIES.items():
        for check, finding in section.found(severity):
            yield "", ""
            yield words, finding.problem
            yield "id", check.id
            for line in finding.evidence.splitlines():
                yield "evidence", line
            yield "fix", finding.fix
    for result in section.results:
        if result.state == "unknown":
            yield "", ""
            yield "unknown", result.check.title
            yield "id", result.check.id
            yield "why", result.why
            yield "fix", result.fix


def _change(change: PlannedChange, diff: bool) -> Iterator[tuple[str, str]]:
    yield ACTIONS[change.action], f"{change.feature}, {change.what}"
    if change.guarded:
        yield "guarded", "undone within 60 s unless a second, new login works"
    if change.interrupts:
        yield "interrupts", change.interrupts
    if diff:
        for line in change.diff.splitlines():
            yield "diff", line


def _line(key: str, value: str, screen: Screen) -> str:
    return f"{key}: {screen.text(value)}" if key else ""
