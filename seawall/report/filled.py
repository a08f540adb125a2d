"""What `seawall init --files` would write, as a diff, and what it wrote."""

from typing import Any

from seawall import __version__
from seawall.report.documents import FORMAT
from seawall.report.layout import Page
from seawall.report.screen import Screen
from seawall.repository.lacking import Lacking


def lacks(why: str, files: list[Lacking], screen: Screen) -> None:
    """Every line that would be written."""
    page = Page(screen)
    page.text(f"Recognised as {why}." if why else "No app is recognised here.")
    page.blank()
    for each in files:
        page.text(each.name)
        for line in each.diff.splitlines()[2:]:
            if not line.startswith("@@"):
                page.exact(line[1:], indent=2, mark=line[:1])
        page.blank()
    if not files:
        page.text("Nothing is missing that init would write.")
    page.show()


def wrote(names: list[str], hint: str, screen: Screen) -> None:
    """What lies there now, and what only its owner can add."""
    page = Page(screen)
    if names:
        page.text(f"Wrote {', '.join(names)}.")
    if hint:
        page.item("should", "No page says that the app is well. Add one:")
        page.bullet(hint)
    page.text("Next: seawall check")
    page.show()


def document(files: list[Lacking], hint: str) -> dict[str, Any]:
    """The same for a program."""
    told = [{"name": each.name, "diff": each.diff} for each in files]
    said = {"files": told, "health_hint": hint or None, "next": "seawall check"}
    return {"format": FORMAT, "seawall": __version__, **said}
