"""What a verdict adds up to, and the exit code that follows.

Findings are counted one by one, as they stand on the screen; everything else is counted in
checks. An unknown check is never counted as fine.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass

from seawall.errors import Unreachable
from seawall.kit import SectionVerdict, Verdict
from seawall.report.words import count

REPOSITORY = "repository"
"""The section that is not a server."""


@dataclass(frozen=True)
class Tally:
    """How many of what."""

    checks: int = 0
    must: int = 0
    should: int = 0
    unknown: int = 0
    fine: int = 0
    skipped: int = 0
    unreachable: int = 0

    @classmethod
    def of(cls, sections: Iterable[SectionVerdict]) -> "Tally":
        """Add up sections."""
        sections = tuple(sections)
        every = sum(len(section.results) for section in sections)
        skipped = sum(section.count("skipped") for section in sections)
        return cls(
            checks=every - skipped,
            must=sum(1 for section in sections for _ in section.found("must")),
            should=sum(1 for section in sections for _ in section.found("should")),
            unknown=sum(section.count("unknown") for section in sections),
            fine=sum(section.count("fine") for section in sections),
            skipped=skipped,
            unreachable=sum(section.error is not None for section in sections),
        )

    def counts(self) -> dict[str, int]:
        """The same for a program."""
        return asdict(self)

    @property
    def good(self) -> bool:
        """Everything was looked at and all of it is fine."""
        return not (self.must or self.should or self.unknown or self.unreachable)

    def phrases(self, unknown: str = "unknown") -> list[str]:
        """`3 must fix`, `1 should fix`, `1 unknown`; nothing for what there is none of."""
        told = ((self.must, "must fix"), (self.should, "should fix"), (self.unknown, unknown))
        return [f"{number} {words}" for number, words in told if number]

    def sentence(self, seconds: str) -> str:
        """`146 checks in 2.8 s: 3 must fix, 1 should fix, 1 unknown, 141 fine.`"""
        parts = [*self.phrases(), *([f"{self.fine} fine"] if self.fine else [])]
        if self.unreachable:
            parts.insert(0, f"{count(self.unreachable, 'server')} not checked")
        told = "all fine" if self.good and self.checks else ", ".join(parts) or "nothing to check"
        skips = f" {count(self.skipped, 'check')} skipped by you." if self.skipped else ""
        return f"{count(self.checks, 'check')} in {seconds}: {told}.{skips}"


def exit_code(verdict: Verdict, fail_on: str = "must") -> int:
    """1 when something must be fixed or is unknown; 3 when no server could be reached."""
    servers = [section for section in verdict.sections if section.name != REPOSITORY]
    if servers and all(isinstance(section.error, Unreachable) for section in servers):
        return Unreachable.exit_code
    tally = Tally.of(verdict.sections)
    failed = tally.must or tally.unknown or tally.unreachable
    return int(bool(failed or (fail_on == "should" and tally.should)))
