"""Committed secrets on a terminal and for a program; never a value of one."""

from typing import TYPE_CHECKING, Any

from seawall import __version__
from seawall.report import documents
from seawall.report.layout import Page
from seawall.report.screen import Output
from seawall.report.words import count, duration

if TYPE_CHECKING:
    from seawall.repository.leaks.leak import Leak
    from seawall.repository.leaks.looked import Looked

TITLES = {"must": "must fix", "should": "should fix", "look": "look once"}
MARKS = {"must": "must", "should": "should", "look": "note"}


def show(looked: "Looked", output: Output, seconds: float, *, every: bool) -> None:
    """Everything found, the worst first; what looks like a placeholder only on request."""
    if not output.spoken:
        documents.write(document(looked, seconds))
        return
    page = Page(output.out)
    if looked.public and looked.leaks:
        page.text(f"{looked.public} looks public: take every secret below as stolen.")
        page.blank()
    for grade in ("must", "should", *(["look"] if every else [])):
        _grade(page, [leak for leak in looked.leaks if leak.grade == grade])
    _caveats(page, looked)
    page.text(f"{sentence(looked)} {duration(seconds)}, {looked.engine}.")
    page.show()


def sentence(looked: "Looked") -> str:
    """`2 must fix, 31 should fix, 4 to look at once; 3 allowed.`"""
    counts = [(g, len({leak.same for leak in looked.leaks if leak.grade == g})) for g in TITLES]
    told = [f"{number} {TITLES[grade]}" for grade, number in counts if number]
    known = [(looked.allowed, "allowed"), (looked.before, "in the baseline")]
    more = [f"{number} {word}" for number, word in known if number]
    return "; ".join(filter(None, (", ".join(told) or "no secret found", ", ".join(more)))) + "."


def document(looked: "Looked", seconds: float) -> dict[str, Any]:
    """For a program."""
    return {
        "format": documents.FORMAT,
        "seawall": __version__,
        "engine": looked.engine,
        "leaks": [row(leak) for leak in looked.leaks],
        "allowed": looked.allowed,
        "baseline": looked.before,
        "not_checked": list(looked.notes),
        "broken": looked.broken or None,
        "public": looked.public or None,
        "seconds": round(seconds, 3),
    }


def row(leak: "Leak") -> dict[str, Any]:
    """One leak."""
    from seawall.repository.leaks.advice import fix

    first = vars(leak.first) if leak.first else None
    return {
        "grade": leak.grade,
        "rule": leak.rule,
        "what": leak.what,
        "path": leak.path,
        "line": leak.line,
        "fingerprint": leak.id,
        "shown": leak.shown,
        "first": first,
        "gone": leak.gone,
        "fix": fix(leak),
    }


def _grade(page: Page, leaks: "list[Leak]") -> None:
    from seawall.repository.leaks.advice import evidence, rotate, together

    if not leaks:
        return
    page.head(TITLES[leaks[0].grade], count(len({leak.same for leak in leaks}), "secret"))
    for same in together(leaks):
        page.item(MARKS[same[0].grade], same[0].what, same[0].id)
        for leak in same[:5]:
            for line in evidence(leak).splitlines():
                page.bullet(line)
        if len(same) > 5:
            page.bullet(f"and {len(same) - 5} more places")
        if same[0].grade == "must":
            page.bullet(f"fix: {rotate(same[0])}; then take it out")
    page.blank()


def _caveats(page: Page, looked: "Looked") -> None:
    for note in looked.notes:
        page.row("not looked at", note)
    if looked.broken:
        page.row("ended early", looked.broken)
    if looked.notes or looked.broken:
        page.blank()
