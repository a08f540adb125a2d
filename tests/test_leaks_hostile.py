"""Repositories that mean harm, or are only odd: a verdict or a clear word, nothing from outside."""

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from test_leaks import commit, git, token, write

from seawall.repository.leaks import git as asked
from seawall.repository.leaks.allow import Known
from seawall.repository.leaks.looked import Looked, look, staged

LIMIT = 30
"""Seconds within which each has to end, on a crowded machine."""


@pytest.fixture(autouse=True)
def _in_time(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
    began = time.monotonic()
    yield
    assert time.monotonic() - began < LIMIT


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    top = tmp_path / "repo"
    top.mkdir()
    git(top, "init", "-q", "-b", "main")
    write(top, "a.py", f"x = '{token(1)}'\n")
    return top


def huge(top: Path) -> None:
    with (top / "dump.sql").open("wb") as file:
        file.write(b"-- a dump\n")
        file.truncate(1_000_000_000)
    with (top / "long.txt").open("wb") as file:
        file.write(b"x" * 20_000_000)


def binary(top: Path) -> None:
    (top / "program").write_bytes(os.urandom(2_000_000))
    (top / "sixteen.txt").write_bytes(f"y = '{token(9)}'\n".encode("utf-16"))


def crowd(top: Path) -> None:
    (top / "many").mkdir()
    for number in range(5000):
        (top / "many" / f"{number}.txt").write_text(f"{number}\n")


def loops(top: Path) -> None:
    (top / "deep").mkdir()
    (top / "deep" / "up").symlink_to("..")
    (top / "self").symlink_to("self")
    os.mkfifo(top / "pipe")


def names(top: Path) -> None:
    (top / "new\nline 'and' \"quotes\".py").write_text(f"x = '{token(2)}'\n")
    (top / "tab\t.py").write_text(f"x = '{token(3)}'\n")
    (top / os.fsdecode(b"\xff\xfe.py")).write_text("x = 1\n")


def pointers(top: Path) -> None:
    write(top, ".gitattributes", "*.bin filter=lfs diff=lfs merge=lfs -text\n")
    write(top, "model.bin", f"version https://git-lfs.github.com/spec/v1\noid sha256:{'0' * 64}\n")


TREES = {each.__name__: each for each in (huge, binary, crowd, loops, names, pointers)}


@pytest.mark.parametrize("make", TREES.values(), ids=TREES)
def test_the_secret_is_found_whatever_lies_beside_it(
    repo: Path, make: Callable[[Path], None]
) -> None:
    make(repo)
    looked = look(repo, past=False)
    assert "a.py:1" in places(looked) and looked.broken == ""
    assert all(place.isprintable() for place in places(looked))
    if make is huge:
        assert looked.notes == ("what is beyond the first 5 MB of a file (1)",)
    if make is names:
        commit(repo)
        assert len(look(repo).leaks) == 3
        assert all(leak.first for leak in look(repo).leaks)


def places(looked: Looked) -> list[str]:
    return [leak.place for leak in looked.leaks]


def test_nothing_outside_is_read(repo: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    write(outside, "key.py", f"y = '{token(5)}'\n")
    write(repo, "inside/key.py", "y = 1\n")
    commit(repo)
    (repo / "link.py").symlink_to(outside / "key.py")
    (repo / "inside" / "key.py").unlink()
    (repo / "inside").rmdir()
    (repo / "inside").symlink_to(outside)
    git(repo, "add", "link.py")
    assert places(look(repo)) == ["a.py:1"]


def test_a_work_tree_elsewhere_is_refused(repo: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    write(outside, "a.py", f"y = '{token(5)}'\n")
    git(repo, "add", "a.py")
    git(repo, "config", "core.worktree", str(outside))
    looked = look(repo)
    assert looked.leaks == () and "elsewhere" in looked.broken


@pytest.mark.parametrize(
    "setting",
    ["core.fsmonitor", "diff.external", "core.pager", "core.hooksPath", "gpg.program", "filter"],
)
def test_no_program_of_the_repository_is_run(repo: Path, tmp_path: Path, setting: str) -> None:
    commit(repo)
    trap = tmp_path / "trap"
    trap.write_text(f"#!/bin/sh\ntouch {tmp_path}/sprung\ncat\n")
    trap.chmod(0o755)
    if setting == "filter":
        write(repo, ".gitattributes", "*.py filter=x diff=x\n")
        for each in ("filter.x.clean", "filter.x.smudge", "diff.x.textconv", "diff.x.command"):
            git(repo, "config", each, str(trap))
    elif setting == "gpg.program":
        git(repo, "config", "log.showSignature", "true")
    if setting != "filter":
        git(repo, "config", setting, str(trap))
    write(repo, "a.py", f"x = '{token(1)}'\n# changed\n")
    assert "a.py:1" in places(look(repo))
    staged(repo, Known())
    assert not (tmp_path / "sprung").exists()


def test_without_a_commit_and_outside_of_git(repo: Path, tmp_path: Path) -> None:
    assert places(look(repo)) == ["a.py:1"]
    write(tmp_path / "plain", "b/c.py", f"x = '{token(1)}'\n")
    looked = look(tmp_path / "plain")
    assert (places(looked), looked.broken) == (["b/c.py:1"], "")


def test_bare_detached_and_shallow(repo: Path, tmp_path: Path) -> None:
    commit(repo)
    write(repo, "a.py", "x = 1\n")
    commit(repo)
    git(tmp_path, "clone", "-q", "--bare", str(repo), "bare.git")
    assert places(look(tmp_path / "bare.git")) == ["a.py:1"]
    git(tmp_path, "clone", "-q", "--depth=1", f"file://{repo}", "shallow")
    shallow = look(tmp_path / "shallow")
    assert shallow.leaks == () and "shallow" in shallow.notes[0]
    git(repo, "checkout", "-q", "--detach")
    write(repo, "a.py", f"x = '{token(8)}'\n")
    commit(repo)
    assert len(look(repo).leaks) == 2


def test_a_submodule_is_left_to_itself(repo: Path, tmp_path: Path) -> None:
    commit(repo)
    git(tmp_path, "init", "-q", "outer")
    outer = tmp_path / "outer"
    git(outer, "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(repo), "inner")
    commit(outer)
    looked = look(outer)
    assert (looked.leaks, looked.broken) == ((), "")
    assert looked.notes == ("submodules (1): run it in each",)


def test_a_damaged_object_is_said(repo: Path) -> None:
    commit(repo)
    write(repo, "b.py", f"y = '{token(2)}'\n")
    commit(repo)
    said = subprocess.run(
        ["git", "-C", repo, "rev-parse", "HEAD:b.py"], capture_output=True, text=True
    )
    damaged = repo / ".git" / "objects" / said.stdout[:2] / said.stdout[2:].strip()
    damaged.chmod(0o600)
    damaged.write_bytes(b"not an object")
    looked = look(repo)
    assert set(places(looked)) >= {"a.py:1", "b.py:1"}
    assert looked.broken and token(2) not in looked.broken


def test_without_git_it_is_said(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asked, "words", lambda folder, *rest: ["/nowhere/git", *rest])
    assert "git did not answer" in look(repo).broken
