"""A verdict as SARIF 2.1.0, for code scanning.

Every result has a place, or GitHub refuses the whole file: a server's finding points at its line
in seawall.yml, a finding of the repository at the file it names.
"""

import re
from collections import Counter
from collections.abc import Iterator
from hashlib import sha256
from typing import Any
from urllib.parse import quote

from seawall import __version__
from seawall.kit import Check, Finding, SectionVerdict, Verdict
from seawall.report.places import place, places
from seawall.report.words import harmless

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
LEVELS = {"must": "error", "should": "warning", "unknown": "note"}
UNREACHED = "server.reachable"


def document(verdict: Verdict) -> dict[str, Any]:
    """The whole SARIF log."""
    checks = {result.check.id: result.check for part in verdict.sections for result in part.results}
    results = [result for section in verdict.sections for result in _results(section)]
    used = sorted({result["ruleId"] for result in results})
    driver = {
        "name": "seawall",
        "version": __version__,
        "semanticVersion": __version__,
        "rules": [_rule(name, checks.get(name)) for name in used],
    }
    for result in results:
        result["ruleIndex"] = used.index(result["ruleId"])
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
        ],
    }


def _results(section: SectionVerdict) -> list[dict[str, Any]]:
    results = [
        result
        for severity in ("must", "should")
        for check, finding in section.found(severity)
        for result in _found(section, check.id, severity, finding)
    ]
    for result in section.results:
        if result.state == "unknown":
            told = (f"could not be checked: {result.check.title}", result.why, result.fix)
            results.append(_result(section, result.check.id, "unknown", told))
    if section.error:
        told = (section.error.problem, "", section.error.hint)
        results.append(_result(section, UNREACHED, "must", told))
    return results


def _found(
    section: SectionVerdict, rule: str, severity: str, finding: Finding
) -> Iterator[dict[str, Any]]:
    """One result for each place, because GitHub shows only the first place of a result."""
    told = (finding.problem, finding.evidence, finding.fix)
    where = places(section, finding.evidence)
    times: Counter[str] = Counter()
    for file, line in where:
        result = _result(section, rule, severity, told)
        shown = result["locations"][0]["physicalLocation"]
        shown["artifactLocation"]["uri"] = quote(file, errors="replace")
        shown["region"]["startLine"] = line
        if len(where) > 1:
            times[file] += 1
            mark = _fingerprint(section.name, rule, finding.problem, file, "#" * times[file])
            result["partialFingerprints"] = {"seawall/v1": mark}
        yield result


def _result(
    section: SectionVerdict, rule: str, severity: str, told: tuple[str, str, str]
) -> dict[str, Any]:
    problem, evidence, fix = told
    file, line = place(section, evidence)
    text = "\n".join(
        harmless(part) for part in (f"{section.name}: {problem}", *_more(evidence, fix))
    )
    where = {"uri": quote(file, errors="replace"), "uriBaseId": "%SRCROOT%"}
    shown = {"artifactLocation": where, "region": {"startLine": line}}
    return {
        "ruleId": rule,
        "level": LEVELS[severity],
        "message": {"text": text},
        "locations": [{"physicalLocation": shown}],
        "partialFingerprints": {"seawall/v1": _fingerprint(section.name, rule, problem)},
    }


def _more(evidence: str, fix: str) -> list[str]:
    return [*evidence.splitlines(), *([f"fix: {fix}"] if fix else [])]


def _fingerprint(*parts: str) -> str:
    # numbers come and go ("14 updates wait"): without them it is the same finding tomorrow
    return sha256(
        "\0".join(re.sub(r"\d+", "#", part) for part in parts).encode("utf-8", "replace")
    ).hexdigest()[:32]


def _rule(name: str, check: Check | None) -> dict[str, Any]:
    title = check.title if check else "Every server can be reached"
    why = (check.why if check else "") or title
    return {
        "id": name,
        "name": name,
        "shortDescription": {"text": title},
        "fullDescription": {"text": why},
        "help": {"text": f"{why}\n\nseawall explain {name}"},
        "defaultConfiguration": {"level": LEVELS[check.severity if check else "must"]},
        "properties": {"tags": [check.room if check else "stability"]},
    }
