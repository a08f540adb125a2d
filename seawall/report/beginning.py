"""What `seawall init` says: what it saw, what it asks, what it wrote, and what it did not do."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from seawall import __version__
from seawall.report.documents import FORMAT
from seawall.report.layout import Page
from seawall.report.screen import Screen
from seawall.report.words import cells

if TYPE_CHECKING:
    from seawall.errors import SeawallError
    from seawall.repository import Trait

_NUMBERS = ("No questions", "One question", "Two questions", "Three questions", "Four questions")
_TITLE = 18
_WHAT = 32
_TYPING = 12
"""Columns left for an answer."""


def saw(traits: "Iterable[Trait]", screen: Screen) -> None:
    """What the repository is made of, and how one can tell."""
    page = Page(screen)
    page.text("This repository")
    for trait in traits:
        _columns(page, trait.what, trait.evidence, _WHAT)
    if len(page.lines) == 1:
        page.text("nothing that seawall recognises", indent=2)
    page.blank()
    page.show()


def announce(number: int, screen: Screen) -> None:
    """How many questions come, and how to leave."""
    page = Page(screen)
    page.text(f"{_NUMBERS[number]}. Enter takes the answer in [brackets]; Ctrl-C writes nothing.")
    page.blank()
    page.show()


def question(number: int, title: str, label: str, screen: Screen) -> str:
    """The line to type an answer behind; a long question stands above it."""
    line = screen.text(f"  {number} {title:<{_TITLE}}[{label}]")
    if cells(line) <= screen.width - _TYPING:
        return line
    page = Page(screen)
    page.text(f"{number} {title}", indent=2)
    page.text(f"[{label}]", indent=4, hang=1)
    page.show()
    return "   "


def answered(screen: Screen) -> None:
    """Room below the questions."""
    screen.show([""])


def again(error: "SeawallError", screen: Screen) -> None:
    """Why an answer cannot be used."""
    page = Page(screen)
    page.text(error.problem, indent=4, hang=2)
    if error.hint:
        page.text(error.hint, indent=4, hang=2)
    page.show()


def chose(rows: Iterable[tuple[str, str]], screen: Screen) -> None:
    """The answers nobody was asked for, and where they come from."""
    page = Page(screen)
    for title, label in rows:
        _columns(page, title, label, _TITLE)
    page.blank()
    page.show()


def wrote(files: Iterable[tuple[str, str]], missing: Iterable[str], screen: Screen) -> None:
    """What lies there now, what it lacks, and what to do next."""
    page = Page(screen)
    page.text("Wrote")
    for name, told in files:
        _columns(page, name, told, 26)
    page.blank()
    for text in missing:
        page.item("should", text)
    page.blank()
    page.text("Nothing has touched a server yet.")
    page.text("Next: seawall check         reads only, about 3 seconds", hang=6)
    page.show()


def would_add(name: str, text: str, screen: Screen) -> None:
    """What an existing file lacks; it stays as it is."""
    page = Page(screen)
    page.text(f"{name} is there already, and stays as it is.")
    page.text("Init would add:" if text else "It has everything that init would write.")
    page.blank()
    for line in text.splitlines():
        page.exact(line, indent=2)
    page.blank()
    page.text("Next: seawall check")
    page.show()


def document(**told: Any) -> dict[str, Any]:
    """The same for a program."""
    return {"format": FORMAT, "seawall": __version__, **told, "next": "seawall check"}


def _columns(page: Page, left: str, right: str, width: int) -> None:
    line = f"  {page.screen.text(left):<{width}}  {page.screen.text(right)}"
    if cells(line) <= page.screen.width:
        page.lines.append(line)
        return
    page.text(left, indent=2, hang=2)
    page.text(right, indent=6, hang=2)
