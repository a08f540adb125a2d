"""A verdict on a terminal: the worst first, unknown said as unknown, the sum on the last line."""

from collections import Counter
from collections.abc import Iterable, Iterator

from seawall.kit import Check, CheckResult, Finding, SectionVerdict, Verdict
from seawall.report import plain
from seawall.report.layout import Page
from seawall.report.screen import Screen
from seawall.report.tally import REPOSITORY, Tally
from seawall.report.words import count, duration

ROOMS = ("stability", "security", "scalability")
JOIN = "Keep it that way: pipx install seawall && seawall init"
FINE = 3
ALIKE = 3
"""So many checks that are unknown for one reason are told as one."""


def show(verdict: Verdict, screen: Screen, *, described: bool = True) -> None:
    """Write a verdict; of a server that no seawall.yml describes, by pillar."""
    page = Page(screen)
    for section in verdict.sections:
        if section.results and all(result.state == "skipped" for result in section.results):
            continue
        by_room = not described and section.name != REPOSITORY
        _section(page, section, by_room)
        page.blank()
    _closing(page, verdict, described)
    page.show()


def _section(page: Page, section: SectionVerdict, by_room: bool) -> None:
    if page.screen.plain:
        page.lines += plain.section(section, page.screen)
        return
    page.head(section.name, summary(section))
    if section.error:
        page.failure(section.name, section.error)
    elif by_room:
        _by_room(page, section)
    elif section.name == REPOSITORY:
        _by_topic(page, section)
    else:
        _results(page, section)


def summary(section: SectionVerdict) -> str:
    """`52 checks   2 must fix, 1 should fix`."""
    if section.error:
        return "could not be checked"
    tally = Tally.of((section,))
    if not tally.checks:
        return "nothing to check"
    told = ", ".join(tally.phrases("could not be made")) or "all fine"
    return f"{count(tally.checks, 'check'):11} {told}"


def _by_room(page: Page, section: SectionVerdict) -> None:
    for room in ROOMS:
        results = tuple(result for result in section.results if result.check.room == room)
        page.blank()
        if results:
            part = SectionVerdict(section.name, results)
            page.row(room, summary(part))
            _results(page, part)
        else:
            page.row(room, "not checked: needs a seawall.yml that says what should run")


def _by_topic(page: Page, section: SectionVerdict) -> None:
    """The repository: what is wrong by topic, what is fine in one line."""
    topics: dict[str, list[CheckResult]] = {}
    for result in section.results:
        if result.state != "skipped":
            topics.setdefault(result.check.id.partition(".")[0], []).append(result)
    parts = {name: SectionVerdict(REPOSITORY, tuple(found)) for name, found in topics.items()}
    wrong = {name: part for name, part in parts.items() if _worst(part) < FINE}
    _results(page, wrong.pop(REPOSITORY, SectionVerdict(REPOSITORY)))
    for name, part in sorted(wrong.items(), key=lambda pair: _worst(pair[1])):
        page.blank()
        page.row(name, summary(part))
        _results(page, part)
    fine = [name for name in parts if name not in wrong and name != REPOSITORY]
    if wrong and fine:
        page.blank()
        page.row("fine", ", ".join(fine))


def _worst(part: SectionVerdict) -> int:
    """0 for what must be fixed, 1 for should, 2 for unknown, 3 when all is fine."""
    found = [any(part.found("must")), any(part.found("should")), part.count("unknown") > 0]
    return found.index(True) if any(found) else FINE


def _results(page: Page, section: SectionVerdict) -> None:
    for severity in ("must", "should"):
        for check, finding in section.found(severity):
            _finding(page, severity, check, finding)
    unknown = [result for result in section.results if result.state == "unknown"]
    for group in alike(unknown):
        _unknown(page, group)


def _finding(page: Page, severity: str, check: Check, finding: Finding) -> None:
    page.item(severity, finding.problem, check.id)
    for line in finding.evidence.splitlines():
        page.bullet(line)
    if finding.fix:
        page.bullet(f"fix: {finding.fix}")


def alike(unknown: Iterable[CheckResult]) -> Iterator[list[CheckResult]]:
    """Unknown checks, those with one reason together when there are several."""
    unknown = list(unknown)
    reasons = Counter((result.why, result.fix) for result in unknown)
    for reason, times in reasons.items():
        same = [result for result in unknown if (result.why, result.fix) == reason]
        yield from [same] if times >= ALIKE else ([result] for result in same)


def _unknown(page: Page, group: list[CheckResult]) -> None:
    first = group[0]
    if len(group) == 1:
        page.item("unknown", first.check.title, first.check.id)
    else:
        page.item("unknown", f"{count(len(group), 'check')} could not be made")
        page.bullet(", ".join(result.check.id for result in group))
    page.bullet(first.why or "could not be checked")
    if first.fix:
        page.bullet(f"fix: {first.fix}")


def _closing(page: Page, verdict: Verdict, described: bool) -> None:
    tally = Tally.of(verdict.sections)
    if tally.checks:
        _caveats(page, verdict)
    page.text(tally.sentence(duration(verdict.seconds)))
    follow = f"Next: {_next(verdict)}" if _next(verdict) else ""
    last = follow if described else JOIN
    if last and tally.checks:
        page.text(last)


def _caveats(page: Page, verdict: Verdict) -> None:
    """What was not looked at, and what would be lost."""
    if page.screen.plain:
        page.lines += [f"not checked: {page.screen.text(text)}" for text in verdict.not_checked]
    elif verdict.not_checked:
        page.head("not checked", verdict.not_checked[0])
        for text in verdict.not_checked[1:]:
            page.row("", text)
        page.blank()
    if verdict.loss:
        for line in verdict.loss.splitlines():
            page.text(line)
        page.blank()


def _next(verdict: Verdict) -> str:
    servers = [section for section in verdict.sections if section.name != REPOSITORY]
    if not servers:
        return "seawall init"
    fixable = Tally.of(servers)
    return "seawall plan" if fixable.must or fixable.should else ""
