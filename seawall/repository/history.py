"""How far the repository is ahead of what was released from it."""

import re
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any


def behind(folder: Path, shas: Iterable[str]) -> dict[str, Any]:
    """The last commit, and how many commits came since each of these; None where git does not
    know the commit or it is not in this line of history. `unknown` says why nothing is known."""
    head = _git(folder, "rev-parse", "HEAD")
    if not head:
        why = "git knows no commit of the folder with seawall.yml"
        return {"unknown": why, "fix": "run seawall where the app's repository is"}
    return {"head": head, "behind": {sha: _since(folder, sha) for sha in shas}}


def _since(folder: Path, sha: str) -> int | None:
    if not re.fullmatch(r"[0-9a-f]{7,64}", sha):
        return None
    if _git(folder, "merge-base", "--is-ancestor", sha, "HEAD") is None:
        return None
    count = _git(folder, "rev-list", "--count", f"{sha}..HEAD")
    return int(count) if count else None


def _git(folder: Path, *words: str) -> str | None:
    """What git says; None when it refuses."""
    asked = ["git", "-C", str(folder), *words]
    done = subprocess.run(asked, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else None
