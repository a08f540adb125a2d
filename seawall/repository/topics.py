"""All that is asked of a repository, topic by topic, and what was left out of the asking."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from seawall.kit import Check, CheckResult, Feature, Look, answer
from seawall.repository import apps
from seawall.repository.checks import Repository, check_repository
from seawall.repository.factors import audits, hadolint
from seawall.repository.factors.dependencies import Dependencies
from seawall.repository.factors.docker import dockerfiles
from seawall.repository.factors.fixed import Fixed
from seawall.repository.factors.image import Image
from seawall.repository.factors.names import deployed
from seawall.repository.factors.passwords import Passwords
from seawall.repository.factors.running import Running
from seawall.repository.factors.versioned import Versioned
from seawall.repository.leaks.checks import Committed
from seawall.repository.source import look
from seawall.repository.tree import MOST_FILES, Tree

FACTORS: tuple[type[Feature], ...] = (Passwords, Fixed, Running, Image, Dependencies, Versioned)
TOPICS: tuple[type[Feature], ...] = (Repository, *FACTORS, Committed)
Wanted = Callable[[Check], bool]


def check_all(
    config: Path | None, wanted: Wanted, *, audit: bool = False
) -> tuple[list[CheckResult], list[str]]:
    """Every check of the repository around seawall.yml or this folder; what nobody looked at."""
    results = [
        result if wanted(result.check) else CheckResult(result.check, "skipped")
        for result in check_repository(config)
    ]
    if not any(wanted(check) for topic in FACTORS for check in topic.checks()):
        return [*results, *_skipped()], []
    found = seen(config, audit=audit)
    seen_by_all = Look(None, "repository", facts=found)
    for topic in FACTORS:
        if topic is Image and not found["dockerfiles"]:
            continue
        feature = topic()
        results += [
            answer(feature, each, seen_by_all) if wanted(each) else CheckResult(each, "skipped")
            for each in topic.checks()
        ]
    return results, _unseen(found)


def _skipped() -> list[CheckResult]:
    return [CheckResult(check, "skipped") for topic in FACTORS for check in topic.checks()]


def seen(config: Path | None, *, audit: bool = False) -> dict[str, Any]:
    """What the checks look at."""
    source = look(config)
    if source.blind:
        blind = {"unknown": source.blind, "fix": "try it by hand: git status"}
        names = ("tree", "dockerfiles", "deployed", "app", "audit")
        return dict.fromkeys(names, blind)
    here = config.parent if config else Path.cwd()
    return {**facts(Tree(source, here)), "audit": audit}


def facts(tree: Tree) -> dict[str, Any]:
    """What the checks want to know of a tree, found out once."""
    files = tuple(dockerfiles(tree))
    app = apps.app(tree.top)
    known = app is not None or deployed(tree, files)
    return {"tree": tree, "dockerfiles": files, "app": app, "deployed": known, "audit": False}


def _unseen(found: dict[str, Any]) -> list[str]:
    tree = found["tree"]
    if not isinstance(tree, Tree):
        return []
    told = []
    if tree.unseen:
        told.append(f"repository: {tree.unseen} files beyond the first {MOST_FILES}")
    if found["dockerfiles"] and not hadolint.program():
        told.append(hadolint.ABSENT)
    audited = {"package-lock.json", "requirements.txt"} & set(tree.names)
    told += list(audits.absent(tree)) if found["audit"] else [audits.NOT_ASKED] * bool(audited)
    return told
