"""Committed secrets, as checks of the repository.

Every clone, every backup of a laptop and every service that reads the code has them, for ever.
"""

from collections.abc import Iterator
from itertools import islice
from typing import ClassVar

from seawall.kit import Feature, Finding, Look, Room, Unknown, check
from seawall.repository.checks import told_by_name
from seawall.repository.leaks.advice import evidence, fix, together
from seawall.repository.leaks.leak import Leak
from seawall.repository.leaks.looked import Looked
from seawall.repository.leaks.places import place

PLACES = 5
"""So many places are told of one finding; the rest is counted."""


class Committed(Feature):
    section: ClassVar[str] = "committed"
    room: ClassVar[Room] = "security"

    @check("No secret stands in the code")
    def not_in_the_code(self, look: Look) -> Iterator[Finding]:
        """A password in the code is read by everybody who may read the code, and by whoever gets
        hold of a laptop, a build log or a backup. Robots find a key in a public repository within
        minutes. Change the value first, because it has to be taken as known; then take it out."""
        looked = _whole(look)
        here = [leak for leak in looked.leaks if not leak.gone and not told_by_name(leak.path)]
        if looked.public and any(leak.grade == "must" for leak in here):
            yield _loud(looked.public)
        yield from _told([leak for leak in here if leak.grade == "must"])
        ordinary = [leak for leak in here if leak.grade == "should" and not _rehearsal(leak)]
        yield from _told(ordinary)

    @check("No secret is left in the history")
    def not_in_history(self, look: Look) -> Iterator[Finding]:
        """Deleting a line does not delete it: git keeps what was ever committed, and hands it to
        every clone. Rewriting history breaks everybody's clones and reaches none that exists
        already. Changing the value makes the old one worthless, wherever it went."""
        looked = _whole(look)
        gone = [leak for leak in looked.leaks if leak.gone]
        if looked.public and any(leak.grade == "must" for leak in gone):
            yield _loud(looked.public)
        yield from _told([leak for leak in gone if leak.grade == "must"])
        rest = [leak for leak in gone if leak.grade == "should" and not _rehearsal(leak)]
        if rest:
            yield _many(rest, "passwords and keys by their names are only in history")

    @check("Tests and examples hold no real secret", severity="should")
    def not_in_tests(self, look: Look) -> Iterator[Finding]:
        """What stands in tests, examples and manuals is made up, as a rule. Now and then it is not:
        somebody needed it to work. One look tells; then note them as known."""
        leaks = [each for each in _whole(look).leaks if each.grade == "should" and _rehearsal(each)]
        if leaks:
            yield _many(leaks, "passwords and keys stand in tests, examples or manuals")


def _whole(look: Look) -> Looked:
    looked: Looked = look.fact("leaks")
    if looked.broken and not looked.leaks:
        raise Unknown(looked.broken, "try it by hand: git fsck")
    return looked


def _rehearsal(leak: Leak) -> bool:
    return place(leak.path).rehearsal


def _loud(remote: str) -> Finding:
    return Finding(
        "strangers can read these secrets: take every one as stolen",
        f"pushed to {remote}, under an open licence",
        "change each of them now, before anything else; look for what was done with them",
    )


def _told(leaks: list[Leak]) -> Iterator[Finding]:
    for same in together(leaks):
        first = same[0]
        lines = [evidence(leak) for leak in same[:PLACES]]
        if len(same) > PLACES:
            lines.append(f"and {len(same) - PLACES} more places")
        where = "is in the history" if first.gone else "stands in the code"
        yield Finding(
            f"{_a(first.what)} {where}",
            "\n".join(lines),
            fix(first),
            "must" if first.grade == "must" else "should",
        )


def _a(what: str) -> str:
    return f"an {what}" if what[:1].lower() in "aeio" else f"a {what}"


def _many(leaks: list[Leak], what: str) -> Finding:
    lines = [f"{leak.place}   {leak.what}" for leak in islice(leaks, PLACES)]
    if len(leaks) > PLACES:
        lines.append(f"and {len(leaks) - PLACES} more: seawall leaks shows them")
    fix = "change what is real; note the rest as known: seawall leaks --baseline"
    return Finding(f"{len(leaks)} {what}", "\n".join(lines), fix, "should")
