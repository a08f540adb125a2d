"""Where a finding is shown: the file and line that its evidence begins with, or seawall.yml."""

import re
from collections.abc import Iterator

from seawall.kit import SectionVerdict
from seawall.report.tally import REPOSITORY

_LINE = re.compile(r"(?!/)([^:\n]{1,300}):(\d{1,7})(?=\s|$)")
_FILE = re.compile(r"(?!/)\S*[./]\S*")


def places(section: SectionVerdict, evidence: str) -> list[tuple[str, int]]:
    """Every file and line that a finding names; never empty, since GitHub refuses what has none."""
    named = list(_named(evidence)) if section.name == REPOSITORY else []
    return named or [("seawall.yml", section.line or 1)]


def place(section: SectionVerdict, evidence: str) -> tuple[str, int]:
    """The first of them."""
    return places(section, evidence)[0]


def _named(evidence: str) -> Iterator[tuple[str, int]]:
    for line in evidence.splitlines():
        if found := _LINE.match(line):
            yield found[1], max(1, int(found[2]))
        elif _FILE.fullmatch(line):
            yield line.partition(":")[0], 1
