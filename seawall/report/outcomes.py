"""How an apply or a remove ended, after its last step: what stays, what failed, what is next."""

from collections.abc import Iterable

from seawall.errors import SeawallError, Unreachable
from seawall.kit import Applied, Plan
from seawall.report import documents, failures
from seawall.report.layout import Page
from seawall.report.screen import Output, Screen
from seawall.report.words import count, duration


def report(applied: list[Applied], output: Output, *, seconds: float, follow: str = "") -> None:
    """Write the sum; errors go to the talking stream, last."""
    if not output.spoken:
        for one in applied:
            documents.write_event(documents.applied(one))
        return
    failed = [one for one in applied if one.error]
    page = Page(output.out)
    page.lines.append("")
    for one in failed:
        _stays(page, one)
    _well(page, applied, failed, seconds)
    if follow and not failed:
        page.text(f"Next: {follow}")
    page.show()
    output.err.show(_errors(failed, output))


def leaving(server: str, screen: Screen) -> None:
    """What a remove takes, and what it leaves alone."""
    page = Page(screen)
    page.text(f"Takes Seawall off {server}: its agent, its timers and what it remembers.")
    page.text("People, ssh, firewall, updates and apps stay as they are. No data is deleted.")
    page.show()


def _stays(page: Page, one: Applied) -> None:
    if one.changes:
        done = ", ".join(dict.fromkeys(change.feature for change in one.changes))
        told = count(
            len(one.changes), "change is applied and stays", "changes are applied and stay"
        )
        page.text(f"{one.server}: {told}: {done}.", hang=2)


def _well(page: Page, applied: list[Applied], failed: list[Applied], seconds: float) -> None:
    if not failed:
        page.text(f"Done in {duration(seconds)}.")
    elif well := [one.server for one in applied if not one.error]:
        page.text(f"{', '.join(well)}: done in {duration(seconds)}.")


def _errors(failed: Iterable[Applied], output: Output) -> list[str]:
    return [line for one in failed if one.error for line in failures.lines(one.error, output.err)]


def exit_code(applied: list[Applied], idle: int = 0) -> int:
    """1 when a server could not be made true; 3 when none could be reached.

    `idle` servers had nothing to change.
    """
    return _worst([one.error for one in applied], idle)


def plan_code(plans: list[Plan]) -> int:
    """0 when every plan could be made, whatever is in it."""
    blocked = any(plan.preflight for plan in plans)
    return _worst([plan.error for plan in plans], 0) or int(blocked)


def _worst(errors: list[SeawallError | None], idle: int) -> int:
    if not idle and errors and all(isinstance(error, Unreachable) for error in errors):
        return Unreachable.exit_code
    return int(any(errors))
