"""What is read of a source tree and what never is: bounds, links, what only looks like a file."""

import json
import os
from pathlib import Path

import pytest
from test_repository import commit, git, write

from seawall.repository import tree as trees
from seawall.repository.source import Source
from seawall.repository.topics import check_all
from seawall.repository.tree import Tree


def laid(top: Path, *names: str) -> Tree:
    return Tree(Source(top, names), top)


def test_links_are_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "a.py").write_text("secret")
    top = tmp_path / "top"
    top.mkdir()
    (top / "file.py").symlink_to(outside / "a.py")
    (top / "folder").symlink_to(outside)
    (top / "loop").symlink_to(top)
    (top / "real.py").write_text("ours")
    tree = laid(top, "file.py", "folder/a.py", "loop/loop/file.py", "../outside/a.py", "real.py")
    assert [tree.text(name) for name in tree.names if name != "real.py"] == ["", "", "", ""]
    assert tree.text("real.py") == "ours"


def test_what_is_no_text_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.py")
    (tmp_path / "binary.py").write_bytes(b"x\0y")
    with (tmp_path / "huge.py").open("wb") as file:
        file.truncate(1 << 30)
    (tmp_path / "folder.py").mkdir()
    names = ("pipe.py", "binary.py", "huge.py", "folder.py", "gone.py", "new\nline.py")
    tree = laid(tmp_path, *names)
    assert {tree.text(name) for name in names} == {""}


def test_what_is_beyond_the_bounds_is_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trees, "MOST_FILES", 3)
    tree = laid(tmp_path, "a/b/c.py", "d.py", "e.py", "f/g.py", "h.py")
    assert (tree.names, tree.unseen) == (("d.py", "e.py", "h.py"), 2)
    for number in range(9):
        (tmp_path / f"{number}.py").write_text("")
    assert len(Tree(Source(), tmp_path).names) == 3


def test_outside_of_git_folders_of_others_are_left_out(tmp_path: Path) -> None:
    for name in ("node_modules/a/x.js", "src/x.js", ".venv/lib/x.py"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text("")
    assert Tree(Source(), tmp_path).names == ("src/x.js",)


def test_any_repository_is_checked_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    git("init", "-q")
    write("Dockerfile", "FROM python:3.8\nCMD python app.py\n")
    write("app.py", "app.run(host='0.0.0.0', debug=True)\n")
    write("requirements.txt", "flask\n")
    commit()
    results, unseen = check_all(None, lambda check: not check.id.startswith("versioned."))
    states = {result.check.id: result.state for result in results}
    assert states["versioned.ci"] == "skipped"
    found = {name for name, state in states.items() if state == "found"}
    assert {"running.no-debug", "dependencies.supported", "dependencies.locked"} <= found
    assert "unknown" not in states.values()
    assert unseen == ["known holes in packages: seawall check --audit asks npm audit and pip-audit"]


@pytest.mark.parametrize(
    "name", ["package.json", "package-lock.json", "pyproject.toml", "composer.lock", "uv.lock"]
)
@pytest.mark.parametrize(
    "text", ["[]", "{", "{}" * 9, json.dumps({"packages": 3, "engines": [], "dependencies": "x"})]
)
def test_documents_that_make_no_sense_break_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, text: str
) -> None:
    monkeypatch.chdir(tmp_path)
    write(name, text)
    write("Procfile", "web: x")
    results, _ = check_all(None, lambda check: True)
    assert {result.state for result in results} <= {"fine", "found"}
