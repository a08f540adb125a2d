"""Packages of the distribution, installed without questions and healed after an interruption."""

from __future__ import annotations

import os
import re
import time
from dataclasses import dataclass
from typing import Optional, Set, Tuple

from seawall.agent import system
from seawall.agent.steps.step import Change, Step

STATUS = "/var/lib/dpkg/status"
LISTS = "/var/lib/apt/lists"
LISTS_FRESH = 24 * 3600
"""Package lists older than a day, in seconds, may name files that are gone from the mirror."""
APT = (
    "apt-get",
    "-y",
    "-q",
    "-o",
    "DPkg::Lock::Timeout=120",
    "-o",
    "Dpkg::Options::=--force-confdef",
    "-o",
    "Dpkg::Options::=--force-confold",
)
APT_SECONDS = 900
"""Slow mirrors and small servers: a quarter of an hour, then it is hung."""


@dataclass(frozen=True)
class Packages(Step):
    """Packages that must be installed.

    `unless` names packages that do the same: when one of them is there, nothing is installed.
    `without_systemd` are installed instead where systemd does not run.
    """

    names: Tuple[str, ...]
    unless: Tuple[str, ...] = ()
    without_systemd: Tuple[str, ...] = ()

    def _missing(self) -> Tuple[str, ...]:
        names = self.names if system.has_systemd() else self.without_systemd or self.names
        there = installed() if names else set()
        if there.intersection(self.unless):
            return ()
        return tuple(name for name in names if name not in there)

    def drift(self) -> Optional[Change]:
        missing = self._missing()
        return Change("+", ", ".join(missing)) if missing else None

    def apply(self) -> None:
        heal()
        if lists_are_old():
            refresh()
        install = [*APT, "--no-install-recommends", "install", *self._missing()]
        if system.run(install, seconds=APT_SECONDS).code != 0:
            refresh()
            system.must(install, seconds=APT_SECONDS)


def installed(status: str = STATUS) -> Set[str]:
    """The packages that dpkg counts as fully installed."""
    with open(status, encoding="utf-8", errors="replace") as file:
        paragraphs = file.read()
    found = re.findall(r"^Package: (\S+)\nStatus: \S+ ok installed$", paragraphs, re.MULTILINE)
    return set(found)


def heal() -> None:
    """Finish what an interrupted dpkg left half installed."""
    if system.run(["dpkg", "--audit"]).output.strip():
        system.must(["dpkg", "--configure", "-a", "--force-confdef", "--force-confold"], "", 600)
        system.must([*APT, "--fix-broken", "install"], "", APT_SECONDS)


def refresh() -> None:
    """Fetch the package lists."""
    system.must([*APT, "update"], seconds=APT_SECONDS)


def lists_are_old() -> bool:
    """True when there are no package lists, or none younger than a day."""
    try:
        times = [os.stat(f"{LISTS}/{name}").st_mtime for name in os.listdir(LISTS)]
    except FileNotFoundError:
        return True
    # "partial", "lock" and "auxfiles" are always there; their times say nothing.
    return len(times) <= 3 or time.time() - max(times) > LISTS_FRESH
