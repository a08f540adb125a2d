"""Committed secrets in the one verdict: looked for only when somebody wants to know."""

from collections.abc import Callable
from pathlib import Path

from seawall.config import Config
from seawall.features.security.leaks import Leaks
from seawall.kit import Check, CheckResult, Look, answer
from seawall.repository.leaks.allow import Allowed, Known
from seawall.repository.leaks.checks import Committed
from seawall.repository.leaks.looked import Looked, look


def known(config: Config | None) -> Known:
    """What seawall.yml says is harmless."""
    allowed = config.of(Leaks).allow if config and config.described else []
    return Known(tuple(Allowed(each.reason, each.file, each.fingerprint) for each in allowed))


def committed(
    config: Config | None, wants: Callable[[Check], bool]
) -> tuple[list[CheckResult], list[str]]:
    """The answers of these checks, and what was not looked at."""
    checks = Committed.checks()
    if not any(wants(each) for each in checks):
        return [CheckResult(each, "skipped") for each in checks], []
    folder = config.path.parent if config and config.path else Path.cwd()
    looked = look(folder, known(config))
    seen = Look(config, "repository", facts={"leaks": looked})
    results = [
        answer(Committed(), each, seen) if wants(each) else CheckResult(each, "skipped")
        for each in checks
    ]
    return results, _unseen(looked)


def _unseen(looked: Looked) -> list[str]:
    early = [f"the look ended early: {looked.broken}"] if looked.broken else []
    return [f"secrets: {note}" for note in (*looked.notes, *early)]
