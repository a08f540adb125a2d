"""What the app is made of besides your code: locked, known, and still cared for.

Most of what runs is other people's work. A lock file makes it the same on every machine and every
day; a runtime that nobody fixes any more collects holes that everybody can read about.
"""

from collections.abc import Iterator
from datetime import date
from typing import ClassVar

from seawall.kit import Feature, Finding, Look, Room, check
from seawall.repository.factors import audits, ends, manifests, runtimes
from seawall.repository.spots import Spot, finding
from seawall.repository.tree import Tree


class Dependencies(Feature):
    section: ClassVar[str] = "dependencies"
    room: ClassVar[Room] = "security"

    @check("Versions of packages are locked", severity="should")
    def locked(self, look: Look) -> Iterator[Finding]:
        """Without a lock file each build takes what is newest that minute: the release you tested
        is not the one that runs, and a package that was taken over arrives by itself."""
        tree: Tree = look.fact("tree")
        if look.fact("deployed") and tree.in_git:  # packages on a registry leave theirs out
            where = list(manifests.unlocked(tree))
            fix = "commit the lock file; for Python: pip-compile or uv lock writes one"
            yield from finding("nothing says which versions were tested", where, fix)

    @check("The lock file fits what is asked for", severity="should")
    def in_step(self, look: Look) -> Iterator[Finding]:
        """When the two differ, `npm ci` and `bundle install --frozen` refuse, so the next build
        fails; others install something that nobody tested."""
        where = manifests.out_of_step(look.fact("tree"))
        fix = "let the package tool write it anew, and commit it: npm install, bundle lock, uv lock"
        yield from finding("the lock file does not know this", where, fix)

    @check("One tool holds the versions", severity="should")
    def one_lock(self, look: Look) -> Iterator[Finding]:
        """With the lock files of two package tools, your laptop and the build follow different
        ones, and only one of them is updated."""
        tree: Tree = look.fact("tree")
        tools = {"package-lock.json", "yarn.lock", "pnpm-lock.yaml", "bun.lock"}
        found = sorted(tools & tree.tracked)
        if len(found) > 1:
            fix = f"keep the one you use, and remove the other: git rm {found[0]}"
            where = [Spot(name, 1, "") for name in found]
            yield from finding("two package tools hold the versions", where, fix)

    @check("Runtimes still get security fixes", severity="should")
    def supported(self, look: Look) -> Iterator[Finding]:
        """After the end of its life nobody repairs a version, and what is found in its successors
        is written down for everybody who still meets the old one."""
        tree: Tree = look.fact("tree")
        places: dict[tuple[str, date], list[Spot]] = {}
        for what, version, where in runtimes.asked(tree, look.fact("dockerfiles")):
            if told := ends.ended(what, version, date.today()):
                places.setdefault(told, []).append(where)
        for (name, day), spots in places.items():
            fix = "move to a supported version, one at a time, with your tests"
            yield from finding(f"{name} gets no fixes since {day}", spots, fix)

    @check("No package has a known hole", severity="should")
    def no_known_hole(self, look: Look) -> Iterator[Finding]:
        """Robots try the holes that were published last week. `seawall check --audit` asks the
        auditors of npm and Python where they are installed; else nothing leaves your machine."""
        if look.fact("audit"):
            yield from audits.findings(look.fact("tree"))
