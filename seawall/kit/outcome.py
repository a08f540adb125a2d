"""What comes out of a look, a plan or an apply; report.py alone turns it into text.

Nothing here formats and nothing here asks a server.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from seawall.errors import SeawallError
from seawall.kit.check import Check, Finding, Look, Unknown
from seawall.kit.feature import Feature

State = Literal["fine", "found", "unknown", "skipped"]


@dataclass(frozen=True)
class CheckResult:
    """One check's answer. `why` and `fix` say why it is unknown and what would help."""

    check: Check
    state: State
    findings: tuple[Finding, ...] = ()
    why: str = ""
    fix: str = ""


def answer(feature: Feature, check: Check, look: Look) -> CheckResult:
    """Make one check; what could not be looked at, or makes no sense, makes it unknown."""
    try:
        findings = tuple(getattr(feature, check.method)(look))
    except Unknown as unknown:
        return CheckResult(check, "unknown", why=unknown.why, fix=unknown.fix)
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        why = f"{look.server} told something that makes no sense: {type(error).__name__}: {error}"
        return CheckResult(check, "unknown", why=why, fix="if it happens again, report it")
    return CheckResult(check, "found" if findings else "fine", findings)


@dataclass(frozen=True)
class SectionVerdict:
    """All answers about one server, or about the repository; `error` when it was unreachable."""

    name: str
    results: tuple[CheckResult, ...] = ()
    error: SeawallError | None = None
    line: int | None = None
    """Where seawall.yml declares it, for annotations."""

    def found(self, severity: str) -> Iterator[tuple[Check, Finding]]:
        """The findings of one severity, in the order of the checks."""
        for result in self.results:
            for finding in result.findings:
                if (finding.severity or result.check.severity) == severity:
                    yield result.check, finding

    def count(self, state: State) -> int:
        """How many checks ended in this state."""
        return sum(result.state == state for result in self.results)


@dataclass(frozen=True)
class Verdict:
    """One verdict over everything that was looked at."""

    sections: tuple[SectionVerdict, ...]
    seconds: float
    not_checked: tuple[str, ...] = ()
    """What was left out and why, a sentence each."""
    loss: str = ""
    """The sentence "If web1 died now: …"."""


@dataclass(frozen=True)
class PlannedChange:
    """One thing that is not yet true on a server.

    `action` is one of + ~ -. `diff` is a unified diff without secrets. `guarded` changes undo
    themselves unless a second, new login works; `interrupts` says what stops for a moment.
    """

    feature: str
    action: str
    what: str
    diff: str = ""
    guarded: bool = False
    interrupts: str = ""


@dataclass(frozen=True)
class Plan:
    """What would change on one server. `hash` stands for exactly these changes."""

    server: str
    changes: tuple[PlannedChange, ...] = ()
    hash: str = ""
    preflight: tuple[str, ...] = ()
    """What is missing before any change can be made."""
    notes: tuple[str, ...] = ()
    error: SeawallError | None = None

    @property
    def converged(self) -> bool:
        """True when nothing would change and nothing stands in the way."""
        return not (self.changes or self.preflight or self.error)


@dataclass(frozen=True)
class Applied:
    """How an apply ended on one server: what was changed, or the error that stopped it."""

    server: str
    changes: tuple[PlannedChange, ...] = ()
    seconds: float = 0.0
    error: SeawallError | None = None


@dataclass(frozen=True)
class Event:
    """Something that happened on a server while the user waits.

    type   fields
    step   feature, what, ok, seconds, output (last lines, of a failed step), note
    start  feature, what
    joined owner, since
    proof  feature, what, ok, seconds   (a second, new login, or why there was none)
    """

    type: str
    server: str
    feature: str = ""
    what: str = ""
    ok: bool = True
    seconds: float = 0.0
    note: str = ""
    output: tuple[str, ...] = ()
    extra: dict[str, Any] = field(default_factory=dict)
