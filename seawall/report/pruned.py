"""Old copies: which stay, which go, and what became of them."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from seawall import __version__
from seawall.report import documents
from seawall.report.layout import Page
from seawall.report.screen import Screen
from seawall.report.words import count

if TYPE_CHECKING:
    from seawall.engine.pruning import Old

MOST = 20
"""Runs that are named; the rest are counted."""


def shown(found: "list[Old]", screen: Screen) -> None:
    """Each destination: how much stays, and every run that goes."""
    page = Page(screen)
    for old in found:
        page.head(f"{old.server}, {old.place}", "")
        stay = [run for run in old.runs if run["stays"]]
        go = [run for run in old.runs if not run["stays"]]
        page.item("ok", f"{count(len(stay), 'run')} stay{'s' if len(stay) == 1 else ''}")
        for run in go[:MOST]:
            names = ", ".join(run["datasets"]) or "nothing whole"
            page.item("-", f"{run['run']}  {names}", _day(run["time"]))
        if len(go) > MOST:
            page.entry(f"and {len(go) - MOST} older", "")
        if old.halves:
            page.item("-", f"what {count(old.halves, 'interrupted run')} left")
        if not old.gone:
            page.entry("nothing is old enough to go", "")
        page.blank()
    page.show()


def _day(moment: float) -> str:
    return f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%d %H:%M} UTC"


def done(found: "list[Old]", screen: Screen) -> None:
    """How much is gone."""
    page = Page(screen)
    for old in found:
        runs = sum(not run["stays"] for run in old.runs)
        page.item("ok", f"{old.place}: {count(runs, 'run')} forgotten, and cleared up")
    page.show()


def document(found: "list[Old]", *, forgotten: bool) -> dict[str, Any]:
    """What stays and what goes, for a program."""
    places = [
        {"server": old.server, "to": old.place, "runs": list(old.runs), "halves": old.halves}
        for old in found
    ]
    whole = {"format": documents.FORMAT, "seawall": __version__, "forgotten": forgotten}
    return {**whole, "places": places}
