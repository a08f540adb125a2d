"""Servers of one app stand in for each other, and show their visitors the same.

A server whose app is down lets a peer answer. That is noticed only on the day it is needed, so each
server is asked beforehand: can it reach its peers, and what do they serve?
"""

from collections.abc import Iterator
from typing import Any, ClassVar

from seawall.kit import Feature, Finding, Look, Room, check


class Peers(Feature):
    section: ClassVar[str] = "peers"
    room: ClassVar[Room] = "scalability"

    @check("Servers of an app reach each other", needs=("peers",))
    def reachable(self, look: Look) -> Iterator[Finding]:
        """With two servers you sleep better, until the app stops on one of them and its visitors
        see an error all the same, because nobody had tried the way to the other. A firewall of
        your provider's between them is the usual reason.
        """
        for app, peer, _, told in _pairs(look):
            if "problem" in told:
                fix = f"let {look.server} reach port 443 of {peer}; then seawall apply"
                problem = f"{peer} could not stand in for {look.server} with {app}"
                yield Finding(problem, f"asked from {look.server}: {told['problem']}", fix)

    @check("Servers of an app serve the same release", needs=("peers",))
    def same_release(self, look: Look) -> Iterator[Finding]:
        """A deploy that was cut off, or made on one server only, leaves two versions in front of
        your visitors: a page of one asks for a script of the other, and errors come and go.
        """
        for app, peer, here, told in _pairs(look):
            there = told.get("serving", here)
            if there != here:
                problem = f"{app} is not the same on {look.server} and {peer}"
                evidence = f"{_named(here)} on {look.server}, {_named(there)} on {peer}"
                yield Finding(problem, evidence, f"seawall deploy {app}")


def _pairs(look: Look) -> Iterator[tuple[str, str, str, dict[str, Any]]]:
    """App, peer, the release here, and what the peer told, for what is known to seawall.yml."""
    for app, known in sorted(look.fact("peers").items()):
        for peer, told in sorted(known["peers"].items()):
            yield app, peer, known["serving"], told


def _named(release: str) -> str:
    return f"release {release}" if release else "no release"
