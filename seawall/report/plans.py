"""A plan on a terminal: changes only, by server and feature, with the sum on the last lines."""

from seawall.kit import Plan, PlannedChange
from seawall.report import plain
from seawall.report.layout import Page
from seawall.report.screen import Screen
from seawall.report.words import count, listed

NAME = 12
"""Columns for the feature's name."""
WIDE = 16
"""The same, with a word before it."""
BRIEF = 6
"""So many changed lines of a file are shown without --diff."""
WORDS = {"+": "added", "~": "changed", "-": "removed"}


def show(plans: list[Plan], screen: Screen, *, diff: bool = False, follow: str = "") -> None:
    """Write plans; `follow` is the next command, offered when something would change."""
    page = Page(screen)
    busy = [plan for plan in plans if not plan.converged]
    for plan in busy:
        _plan(page, plan, diff)
        page.blank()
    if idle := [plan.server for plan in plans if plan.converged]:
        page.text(f"{', '.join(idle)}: converged.")
        page.blank()
    _notes(page, plans)
    if any(plan.changes for plan in busy):
        _sum(page, busy, diff)
        if follow:
            page.text(f"Next: {follow}")
    page.lines = page.lines[:-1] if page.lines[-1:] == [""] else page.lines
    page.show()


def difference(before: Plan, after: Plan, screen: Screen) -> None:
    """What is another plan now than the one that was shown."""
    page = Page(screen)
    page.head(before.server, "is not what the plan showed any more")
    for change in after.changes:
        if change not in before.changes:
            _row(page, change, f"now {change.feature}", WIDE)
            _below(page, change, diff=False)
    for change in before.changes:
        if change not in after.changes:
            page.item(
                "skipped", change.what.partition("\n")[0], name=(f"was {change.feature}", WIDE)
            )
    page.blank()
    page.show()


def _plan(page: Page, plan: Plan, diff: bool) -> None:
    if page.screen.plain:
        page.lines += plain.plan(plan, page.screen, diff=diff)
        return
    page.head(plan.server, summary(plan))
    if plan.error:
        page.failure(plan.server, plan.error)
    for missing in plan.preflight:
        page.item("must", missing)
    before = ""
    for change in plan.changes:
        _row(page, change, "" if change.feature == before else change.feature)
        _below(page, change, diff)
        before = change.feature


def summary(plan: Plan) -> str:
    """`9 changes, 1 interruption`."""
    if plan.error:
        return "could not be planned"
    stops = sum(bool(change.interrupts) for change in plan.changes)
    told = count(len(plan.changes), "change")
    told += f", {count(stops, 'interruption')}" if stops else ""
    return f"cannot be changed yet; {told} waiting" if plan.preflight else told


def _row(page: Page, change: PlannedChange, name: str, width: int = NAME) -> None:
    first = change.what.partition("\n")[0]
    guarded = "guarded" if change.guarded else ""
    page.item(change.action, first, guarded, name=(name, width))


def _below(page: Page, change: PlannedChange, diff: bool) -> None:
    more = change.what.splitlines()[1:]
    for line in more:
        page.bullet(line)
    if change.interrupts:
        page.bullet(change.interrupts)
    if diff:
        _lines(page, [line for line in _body(change.diff) if line])
    elif change.action == "~" and not more:
        _brief(page, [line for line in _body(change.diff) if line[:1] in ("+", "-")])


def _brief(page: Page, lines: list[str]) -> None:
    shown = lines if len(lines) <= BRIEF else lines[: BRIEF - 1]
    _lines(page, shown)
    if len(lines) > len(shown):
        page.bullet(f"… {count(len(lines) - len(shown), 'more line')}")


def _lines(page: Page, lines: list[str]) -> None:
    for line in lines:
        page.exact("…" if line.startswith("@@") else line[1:], 6, mark=line[0].replace("@", " "))


def _body(diff: str) -> list[str]:
    lines = diff.splitlines()
    while lines and lines[0].startswith(("---", "+++", "@@")):
        lines = lines[1:]
    return lines


def _notes(page: Page, plans: list[Plan]) -> None:
    for plan in plans if not page.screen.plain else ():
        for note in plan.notes:
            page.item("should", f"{plan.server}: {note}")
    page.blank()


def _sum(page: Page, plans: list[Plan], diff: bool) -> None:
    guarded = [plan.server for plan in plans if any(change.guarded for change in plan.changes)]
    if guarded:
        undo = "undoes" if len(guarded) == 1 else "undo"
        page.text(
            f"guarded: {listed(guarded)} {undo} this within 60 s unless a second, new login works."
        )
        page.blank()
    for server, change in ((plan.server, change) for plan in plans for change in plan.changes):
        if change.action == "-":
            page.text(f"Removes {change.what.splitlines()[0]} ({server}).", hang=2)
    page.text(f"{totals(plans)} No data is deleted.")
    if not diff:
        page.text("Every line of every file: seawall plan --diff")


def totals(plans: list[Plan]) -> str:
    """`10 changes: 7 added, 3 changed, 0 removed.`"""
    actions = [change.action for plan in plans for change in plan.changes]
    told = ", ".join(f"{actions.count(action)} {word}" for action, word in WORDS.items())
    return f"{count(len(actions), 'change')}: {told}."
