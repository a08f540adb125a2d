"""Known holes in packages, by the auditors of the registries; asked only on request.

They send the names and versions of your packages to their registry, so this is the one look of
`seawall check` at a repository that needs the network.
"""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from seawall.kit import Finding, Unknown
from seawall.repository.tree import Tree

_TIMEOUT_S = 90
_WORST = ("critical", "high")
NOT_ASKED = "known holes in packages: seawall check --audit asks npm audit and pip-audit"


def absent(tree: Tree) -> Iterator[str]:
    """What would have been asked and is not installed, or cannot be asked, a sentence each."""
    if "package-lock.json" in tree.names and not _found("npm"):
        yield "known holes in npm packages: npm is not installed"
    if "requirements.txt" in tree.names:
        if not _found("pip-audit"):
            yield "known holes in Python packages: install pip-audit to know (pipx)"
        elif not pinned(tree):
            yield "known holes in Python packages: requirements.txt names no exact versions"


def pinned(tree: Tree) -> bool:
    """True when requirements.txt names versions: only then nothing has to be run to know them."""
    lines = [line.split("#")[0].strip() for line in tree.text("requirements.txt").splitlines()]
    return all(re.search(r"===?", line) or line.startswith("--hash") for line in lines if line)


def findings(tree: Tree) -> Iterator[Finding]:
    """One finding for each package with a hole."""
    if "package-lock.json" in tree.names and (npm := _found("npm")):
        words = ["audit", "--json", "--omit=dev", "--package-lock-only", "--ignore-scripts"]
        yield from _npm(_asked(tree, [npm, *words]))
    if "requirements.txt" in tree.names and pinned(tree) and (audit := _found("pip-audit")):
        words = ["-r", "requirements.txt", "--no-deps", "--disable-pip", "--format", "json"]
        yield from _pip(_asked(tree, [audit, *words, "--progress-spinner", "off"]))


def _npm(answer: dict[str, Any]) -> Iterator[Finding]:
    if "vulnerabilities" not in answer:
        raise Unknown("npm audit did not answer", "run it by hand: npm audit")
    for name, about in answer["vulnerabilities"].items():
        if about.get("severity") in _WORST:
            problem = f"{name} has a known hole ({about['severity']})"
            yield Finding(problem, "package-lock.json:1", "npm audit fix, then run your tests")


def _pip(answer: dict[str, Any]) -> Iterator[Finding]:
    if "dependencies" not in answer:
        raise Unknown("pip-audit did not answer", "run it by hand: pip-audit -r requirements.txt")
    for each in answer["dependencies"]:
        if holes := each.get("vulns"):
            known = ", ".join(str(hole["id"]) for hole in holes[:3])
            fixed = next((hole["fix_versions"][-1] for hole in holes if hole["fix_versions"]), "")
            fix = f"{each['name']}=={fixed}" if fixed else "no fixed version yet: see its advisory"
            problem = f"{each['name']} {each['version']} has a known hole: {known}"
            yield Finding(problem, "requirements.txt:1", fix)


def _asked(tree: Tree, words: list[str]) -> dict[str, Any]:
    try:
        done = subprocess.run(
            words, cwd=tree.top, capture_output=True, timeout=_TIMEOUT_S, check=False
        )
        answer = json.loads(done.stdout or b"{}")
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return {}
    return answer if isinstance(answer, dict) else {}


def _found(name: str) -> str | None:
    beside = Path(sys.executable).parent / name
    return str(beside) if beside.is_file() else shutil.which(name)
