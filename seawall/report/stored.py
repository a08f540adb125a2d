"""Stored runs on a screen: what one holds, and what another one has otherwise."""

import time
from typing import Any

from seawall import __version__
from seawall.kit.amounts import size
from seawall.report import documents
from seawall.report.layout import Page
from seawall.report.screen import Screen

MOST = 40
"""Tables or differences that are shown; the rest are counted."""
SIGNS = {"gained": "+", "lost": "-", "changed": "~"}


def show(server: str, told: dict[str, Any], screen: Screen) -> None:
    """Each dataset of a run: size, proof, tables and rows."""
    page = Page(screen)
    page.head(server, f"{told['run']}, stored {_day(told['time'])}")
    for name, each in told["datasets"].items():
        proven = each["proven"]
        said = f"proven {_day(proven)}" if proven else "this copy was never proven"
        kind = f"{each['engine']} {each['version']}, {size(each['bytes'])}"
        page.item("ok" if proven else "unknown", f"{name}: {kind}, {said}")
        if each["files"]:
            page.bullet(f"{each['files']['count']} files, {size(each['files']['bytes'])}")
        for table, rows in _first(page, sorted(each["tables"].items())):
            page.bullet(f"{table}: {_rows(rows)}")
    for name in told["missing"]:
        page.item("must", f"{name}: its dump is gone")
    page.show()


def diff(server: str, told: dict[str, Any], screen: Screen) -> None:
    """What the newer run gained, lost or has otherwise, dataset by dataset."""
    page = Page(screen)
    page.head(server, f"{told['older']['run']} → {told['newer']['run']}")
    for name, changes in told["datasets"].items():
        lines = [line for kind in SIGNS for line in map(_line(kind), changes[kind])]
        page.row(f"  {name}", "" if lines else "the same")
        for line in _first(page, lines):
            page.bullet(line)
    for name in told["not_in_both"]:
        page.row(f"  {name}", "only one of the two runs saved it")
    page.show()


def _first(page: Page, found: list[Any]) -> list[Any]:
    more = len(found) - MOST
    if more > 0:
        page.bullet(f"{more} more are not shown here: --json has all")
    return found[:MOST]


def _line(kind: str) -> Any:
    def line(each: dict[str, Any]) -> str:
        told = f"{SIGNS[kind]} {each['part']} {each['name']}"
        if each["part"] not in ("rows of", "files"):
            return told
        before, after = _rows(each["before"]), _rows(each["after"])
        if kind == "changed":
            same = before == after
            return f"{told}: {after}, with other content" if same else f"{told}: {before} → {after}"
        return f"{told}: {after if kind == 'gained' else before}"

    return line


def _rows(told: Any) -> str:
    """`5000` of what a manifest says of a table."""
    found = told.get("count") if isinstance(told, dict) else told
    return str(found).split(" ", 1)[0]


def _day(moment: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(moment))


def document(server: str, told: dict[str, Any]) -> dict[str, Any]:
    """The same, for a program."""
    seen = {key: value for key, value in told.items() if key != "type"}
    return {"format": documents.FORMAT, "seawall": __version__, "server": server, **seen}
