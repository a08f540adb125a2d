"""The answers a program reads: one JSON document, or events, one JSON object a line.

Format 1. Keys may be added; a reader ignores the ones it does not know.
"""

import json
import sys
from typing import TYPE_CHECKING, Any

from seawall import __version__, known

if TYPE_CHECKING:
    from seawall.errors import SeawallError
    from seawall.kit import (
        Applied,
        CheckResult,
        Event,
        Finding,
        Plan,
        PlannedChange,
        SectionVerdict,
        Verdict,
    )

FORMAT = 1


def write(document: dict[str, Any]) -> None:
    """One document, readable by people too."""
    sys.stdout.write(json.dumps(document, indent=2) + "\n")
    sys.stdout.flush()


def write_event(event: dict[str, Any]) -> None:
    """One line, at once."""
    sys.stdout.write(known.hide(json.dumps(event)) + "\n")
    sys.stdout.flush()


def version() -> dict[str, Any]:
    """The first event of every run."""
    return {"type": "version", "seawall": __version__, "format": FORMAT}


def verdict(verdict: "Verdict") -> dict[str, Any]:
    """A whole check."""
    from seawall.report.tally import REPOSITORY, Tally

    sections = verdict.sections
    own = (_section(section) for section in sections if section.name == REPOSITORY)
    repository = next(own, None)
    return {
        "format": FORMAT,
        "seawall": __version__,
        "verdict": Tally.of(sections).counts(),
        "findings": [found for section in sections for found in findings(section)],
        "unknown": [one for section in sections for one in _unknown(section)],
        "not_checked": list(verdict.not_checked),
        "servers": [_section(section) for section in sections if section.name != REPOSITORY],
        "repository": repository,
        "seconds": round(verdict.seconds, 3),
        "loss": verdict.loss,
    }


def findings(section: "SectionVerdict") -> list[dict[str, Any]]:
    """What is wrong with one server."""
    return [
        _finding(section, result, finding)
        for result in section.results
        for finding in result.findings
    ]


def plans(plans: "list[Plan]") -> dict[str, Any]:
    """What would change."""
    return {"format": FORMAT, "seawall": __version__, "servers": [_plan(plan) for plan in plans]}


def applied(applied: "Applied") -> dict[str, Any]:
    """How it ended on one server."""
    return {
        "type": "applied",
        "server": applied.server,
        "ok": applied.error is None,
        "changes": [_change(change) for change in applied.changes],
        "seconds": round(applied.seconds, 3),
        "error": error(applied.error),
    }


def event(event: "Event") -> dict[str, Any]:
    """Something that happened meanwhile."""
    return {
        "type": "ended" if event.type == "end" else event.type,
        "server": event.server,
        "feature": event.feature,
        "what": event.what,
        "ok": event.ok,
        "seconds": round(event.seconds, 3),
        "note": event.note,
        "output": list(event.output),
        **event.extra,
    }


def error(error: "SeawallError | None") -> dict[str, Any] | None:
    """An error, or null."""
    if error is None:
        return None
    return {"problem": error.problem, "hint": error.hint, "exit_code": error.exit_code}


def _finding(section: "SectionVerdict", result: "CheckResult", found: "Finding") -> dict[str, Any]:
    return {
        "id": result.check.id,
        "severity": found.severity or result.check.severity,
        "server": section.name,
        "room": result.check.room,
        "problem": found.problem,
        "evidence": found.evidence,
        "fix": found.fix,
        "line": section.line,
    }


def _unknown(section: "SectionVerdict") -> list[dict[str, Any]]:
    return [
        {
            "id": result.check.id,
            "server": section.name,
            "room": result.check.room,
            "title": result.check.title,
            "why": result.why,
            "fix": result.fix,
        }
        for result in section.results
        if result.state == "unknown"
    ]


def _section(section: "SectionVerdict") -> dict[str, Any]:
    from seawall.report.tally import Tally

    counts = Tally.of((section,)).counts()
    return {"name": section.name, **counts, "error": error(section.error)}


def _plan(plan: "Plan") -> dict[str, Any]:
    return {
        "name": plan.server,
        "hash": plan.hash,
        "converged": plan.converged,
        "changes": [_change(change) for change in plan.changes],
        "preflight": list(plan.preflight),
        "notes": list(plan.notes),
        "error": error(plan.error),
    }


def _change(change: "PlannedChange") -> dict[str, Any]:
    return {
        "feature": change.feature,
        "action": change.action,
        "what": change.what,
        "diff": change.diff,
        "guarded": change.guarded,
        "interrupts": change.interrupts,
    }
