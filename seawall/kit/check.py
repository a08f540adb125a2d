"""Checks: questions to a running server, and what was found.

A check never re-reads what a step wrote. It looks at *facts* (what the probes on the server
saw) and at the *outside* (what this machine saw when it knocked), and yields a Finding for each
thing that is wrong. A check that cannot be made raises Unknown: that is never counted as fine.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from seawall.kit.feature import Feature

Severity = Literal["must", "should"]
"""*must fix* fails a `seawall check`; *should fix* is said and fails it only on request."""


class Unknown(Exception):
    """A check could not be made: why, and what would make it possible."""

    def __init__(self, why: str, fix: str = "") -> None:
        super().__init__(why)
        self.why = why
        self.fix = fix


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong, what was seen, and how to put it right.

    `severity` overrides the check's own. Text is plain: no markup, one line each.
    """

    problem: str
    evidence: str = ""
    fix: str = ""
    severity: Severity | None = None


@dataclass(frozen=True)
class Look:
    """What a check may look at.

    `config` is the whole seawall.yml (an empty one for a server nobody described), `server` the
    server's name, `described` whether a seawall.yml stands behind the look.
    """

    config: Any
    server: str
    described: bool = True
    facts: dict[str, Any] = field(default_factory=dict)
    outside: dict[str, Any] = field(default_factory=dict)

    def fact(self, probe: str) -> Any:
        """What a probe saw on the server; Unknown when it failed or did not run."""
        return _seen(self.facts, probe, "the server did not tell")

    def seen_outside(self, name: str) -> Any:
        """What this machine saw from outside; Unknown when it could not look."""
        return _seen(self.outside, name, "not looked at from outside")

    def apply_or(self, command: str) -> str:
        """How to put it right: by `seawall apply` where a seawall.yml describes the server, by
        this command where none does."""
        return f"seawall apply {self.server}" if self.described else command


def _seen(source: dict[str, Any], name: str, absent: str) -> Any:
    seen = source.get(name, {"unknown": f"{absent}: {name}"})
    if isinstance(seen, dict) and "unknown" in seen:
        raise Unknown(str(seen["unknown"]), str(seen.get("fix", "")))
    return seen


CheckMethod = Callable[[Any, Look], Iterator[Finding]]


@dataclass(frozen=True)
class Check:
    """One question, with the id it is known by everywhere: `firewall.only-declared-ports`."""

    id: str
    title: str
    why: str
    severity: Severity
    room: str
    needs: tuple[str, ...]
    method: str


def check(
    title: str, *, severity: Severity = "must", needs: tuple[str, ...] = ()
) -> Callable[[CheckMethod], CheckMethod]:
    """Mark a feature's method as a check.

    `title` states what is true when all is well; `needs` names the probes it reads. The method's
    docstring says, in a founder's words, why it matters: it is the text of `seawall explain`.
    """

    def mark(method: CheckMethod) -> CheckMethod:
        method.check = (title, severity, needs)  # type: ignore[attr-defined]
        return method

    return mark


def checks_of(feature: "type[Feature]") -> tuple[Check, ...]:
    """Every check of a feature, in the order they are written."""
    return tuple(_checks(feature))


def _checks(feature: "type[Feature]") -> Iterator[Check]:
    methods = {
        name: method for kind in reversed(feature.__mro__) for name, method in vars(kind).items()
    }
    for name, method in methods.items():
        if marked := getattr(method, "check", None):
            title, severity, needs = marked
            why = re.sub(r"\n +", "\n", (method.__doc__ or "").strip())
            slug = f"{feature.section}.{name.replace('_', '-')}"
            yield Check(slug, title, why, severity, feature.room, needs, name)
