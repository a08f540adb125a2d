"""How a deploy ended: what serves now and where it answers, or what users noticed and why."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from seawall.errors import StepFailed, Unreachable
from seawall.kit.released import Deployed, Releases, Visit
from seawall.report import documents, failures, likely
from seawall.report.layout import Page
from seawall.report.screen import Output
from seawall.report.words import duration, listed

BEFORE_THE_SWITCH = ("", "build", "migrate", "start")


@dataclass
class Ended:
    """Everything there is to say about a run of deploys."""

    deployed: list[Deployed]
    seconds: float
    visits: list[Visit] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    """Apps and servers that were not tried after a failure."""
    hint: str = ""
    follow: str = ""


def report(ended: Ended, output: Output) -> None:
    """Write the end: warnings, consequence, counts, and what is next; errors last."""
    if not output.spoken:
        for one in ended.deployed:
            documents.write_event(_event(one))
        for visit in ended.visits:
            documents.write_event({"type": "answers", **vars(visit)})
        return
    failed = [one for one in ended.deployed if one.error]
    page = Page(output.out)
    page.lines.append("")
    for warning in _warnings(ended):
        page.item("should", warning)
    page.blank()
    for visit in ended.visits:
        if not visit.problem:
            page.text(_answer(visit))
    _serving(page, ended, failed)
    if ended.follow and not failed:
        page.text(f"Next: {ended.follow}")
    page.show()
    output.err.show(_errors(failed, ended, output))


def exit_code(ended: Ended) -> int:
    """1 when something could not be released; 3 when no server could be reached."""
    errors = [one.error for one in ended.deployed if one.error]
    lost = [error for error in errors if isinstance(error, Unreachable)]
    if errors and len(lost) == len(ended.deployed):
        return Unreachable.exit_code
    return int(bool(errors))


def _warnings(ended: Ended) -> Iterable[str]:
    yield from (f"{one.server}: {warning}" for one in ended.deployed for warning in one.warnings)
    yield from ended.warnings
    for visit in ended.visits:
        if visit.problem:
            yield f"{visit.url} does not answer from here yet: {visit.problem}"


def _answer(visit: Visit) -> str:
    took = f"{visit.seconds * 1000:.0f} ms"
    where = f", asked at {visit.asked_at}: its name leads nowhere yet" if visit.asked_at else ""
    tls = visit.tls.replace("TLSv", "TLS ")
    return f"{visit.url} answers {visit.status} in {took}, over {tls}{where}."


def _serving(page: Page, ended: Ended, failed: list[Deployed]) -> None:
    for app in dict.fromkeys(one.app for one in ended.deployed):
        mine = [one for one in ended.deployed if one.app == app]
        well = [one for one in mine if not one.error]
        if back := [one.server for one in well if one.gone_back]:
            page.text(f"So that all servers serve the same, {listed(back)} went back.")
        if well:
            page.text(_well(well))
        for one in (one for one in mine if one.error and one.looked):
            page.text(_noticed(one))
    if ended.left_out:
        page.text(f"Not tried after that: {listed(ended.left_out)}.")
    if failed:
        page.blank()
    else:
        page.text(f"Done in {duration(ended.seconds)}.")


def _well(well: list[Deployed]) -> str:
    numbers = {one.serving for one in well}
    if len(numbers) == 1:
        where = listed(one.server for one in well)
        return f"{well[0].app} release {well[0].serving} is serving, on {where}."
    each = listed(f"release {one.serving} on {one.server}" for one in well)
    return f"{well[0].app} is served by {each}."


def _noticed(one: Deployed) -> str:
    """What became of those who visit meanwhile."""
    if one.serving is None:
        return f"No release of {one.app} was serving on {one.server} before, and none is now."
    if one.serving != one.before:
        return f"Release {one.serving} of {one.app} is serving, on {one.server}."
    told = f"release {one.serving} is serving, on {one.server}."
    if one.step in BEFORE_THE_SWITCH:
        return f"Your users noticed nothing: {told}"
    return f"{told[0].upper()}{told[1:-1]}, again."


def _errors(failed: list[Deployed], ended: Ended, output: Output) -> list[str]:
    lines: list[str] = []
    for one in failed:
        if one.error:
            error = type(one.error)(one.error.problem, one.error.hint or ended.hint)
            lines += failures.lines(error, output.err)
    return lines


def hint(case: likely.Case, one: Deployed) -> str:
    """What to look at, and where all of it stands."""
    guess = likely.hint(case)
    started = isinstance(one.error, StepFailed) and one.step in ("start", "switch", "soak")
    log = f"Full log: seawall logs {one.app} --release {one.number}" if started else ""
    return ". ".join(filter(None, (guess, log)))


def _event(one: Deployed) -> dict[str, Any]:
    return {
        "type": "deployed",
        "server": one.server,
        "app": one.app,
        "ok": one.error is None,
        "release": one.number,
        "serving": one.serving,
        "before": one.before,
        "gone_back": one.gone_back,
        "step": one.step,
        "seconds": round(one.seconds, 3),
        "warnings": list(one.warnings),
        "error": documents.error(one.error),
    }


def would(seen: Releases, sha: str, source: int | None) -> dict[str, Any]:
    """What a deploy would do on one server."""
    return {
        "type": "would",
        "server": seen.server,
        "app": seen.app,
        "release": seen.newest + 1,
        "sha": sha,
        "serving": seen.serving,
        "source": source,
        "error": documents.error(seen.error),
    }


def dry_run(rows: list[dict[str, Any]], output: Output) -> None:
    """Say what would be released, and that nothing was."""
    if not output.spoken:
        for row in rows:
            documents.write_event(row)
        return
    page = Page(output.out)
    for row in rows:
        code = f", with the code of {row['source']}, not built again" if row["source"] else ""
        now = f", after {row['serving']}" if row["serving"] else ", the first"
        told = f"{row['app']} release {row['release']} from {row['sha'][:7]}{now}{code}"
        page.row(row["server"], row["error"]["problem"] if row["error"] else told)
    page.text("Nothing was changed.")
    page.show()
