"""`seawall init --files`: what a stack lacks, seen before it is written, good by our checks."""

import json
from pathlib import Path
from typing import Any

import pytest
from test_init import here, home, run, spawn
from test_init_apps import STACKS, lay

from seawall import repository
from seawall.kit import Look, answer
from seawall.repository.factors.image import Image
from seawall.repository.lacking import lacking
from seawall.repository.source import Source
from seawall.repository.topics import facts
from seawall.repository.tree import Tree

__all__ = ["here", "home"]
DOCKERED = ("django", "flask", "flask factory", "fastapi", "rails", "rack", "express", "next", "go")


@pytest.mark.parametrize("stack", STACKS)
def test_what_is_written_is_good_by_our_own_checks(tmp_path: Path, stack: str) -> None:
    lay(tmp_path, STACKS[stack][0])
    written = {each.name: each.then for each in lacking(tmp_path, repository.app(tmp_path))}
    assert ("Dockerfile" in written) == (stack in (*DOCKERED, "node alone"))
    if "Dockerfile" not in written:
        return
    lay(tmp_path, {**written, "seawall.yml": "apps:\n  web:\n    health: /healthz\n"})
    names = tuple(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file())
    found = facts(Tree(Source(tmp_path, names), tmp_path))
    look = Look(None, "repository", facts=found)
    wrong = [
        result for check in Image.checks() if (result := answer(Image(), check, look)).findings
    ]
    assert wrong == []
    assert not list(lacking(tmp_path, repository.app(tmp_path)))


def app(folder: Path) -> Path:
    (folder / "Dockerfile").unlink()
    return lay(folder, {"requirements.txt": "flask==3\n", "app.py": "app = Flask(__name__)\n"})


def test_nothing_is_written_unseen(here: Path, home: Path) -> None:
    app(here)
    done = run(here, home, "--files")
    assert done.returncode == 2
    assert "seawall init --files --yes" in done.stderr
    assert "+ FROM python" in done.stdout
    assert not (here / "Dockerfile").exists()


def test_what_is_there_stays(here: Path, home: Path) -> None:
    app(here)
    (here / ".gitignore").write_text("# ours\n.venv\n")
    (here / ".dockerignore").write_text("mine\n")
    done = run(here, home, "--files", "--yes", "--json")
    told: dict[str, Any] = json.loads(done.stdout)
    assert [each["name"] for each in told["files"]] == ["Dockerfile", ".gitignore"]
    assert "/healthz" in told["health_hint"]
    assert (here / ".dockerignore").read_text() == "mine\n"
    text = (here / ".gitignore").read_text()
    assert text == "# ours\n.venv\n.env\n__pycache__/\n*.sqlite3\n"
    assert not (here / "seawall.yml").exists()
    again = run(here, home, "--files")
    assert again.returncode == 0, again.stderr
    assert "Nothing is missing" in again.stdout


def test_no_means_no(here: Path, home: Path) -> None:
    app(here)
    terminal = spawn(here, home, "--files")
    terminal.expect("Write them?")
    terminal.sendline("n")
    terminal.expect("nothing was written")
    terminal.expect_exact(["\r\n"])
    terminal.wait()
    assert not (here / "Dockerfile").exists()
