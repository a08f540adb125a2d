"""Committed secrets: planted ones are found, look-alikes are not, and no value is ever told."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from planted import HARMLESS, Made, Plant, harmless_lines, plant

from seawall.errors import ConfigError
from seawall.kit import Look, answer
from seawall.repository.leaks import engine, plain
from seawall.repository.leaks.allow import BASELINE, Allowed, Known, write_baseline
from seawall.repository.leaks.cache import folder
from seawall.repository.leaks.checks import Committed
from seawall.repository.leaks.leak import Leak
from seawall.repository.leaks.looked import Looked, look, staged

ROOT = Path(__file__).parent.parent
WITHOUT = {"the engine": engine.NAME, "python alone": plain.NAME}


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))


@pytest.fixture(params=WITHOUT)
def by(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Once with the engine, once without; the name it goes by."""
    if request.param == "python alone":
        monkeypatch.setattr(engine, "found", lambda: None)
    return WITHOUT[request.param]


@pytest.fixture
def repo(tmp_path: Path) -> Iterator[Path]:
    top = tmp_path / "repo"
    top.mkdir()
    git(top, "init", "-q", "-b", "main")
    yield top


def git(top: Path, *words: str) -> None:
    who = ["-c", "user.name=Dana", "-c", "user.email=d@example.com"]
    subprocess.run(["git", "-C", str(top), *who, *words], check=True, capture_output=True)


def commit(top: Path, message: str = "All of it") -> None:
    git(top, "add", "-A", "-f")
    git(top, "commit", "-q", "-m", message, "--allow-empty")


def at(leaks: tuple[Leak, ...], one: Plant) -> list[Leak]:
    """The leaks in the lines of a planted secret that somebody has to act on."""
    lines = range(one.line, one.line + one.value.count("\n") + 1)
    here = [leak for leak in leaks if leak.path == one.path and leak.line in lines]
    return [leak for leak in here if leak.grade != "look"]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_planted_secret_is_found_and_no_look_alike(
    tmp_path: Path, by: str, seed: int
) -> None:
    plants = plant(tmp_path, seed)
    assert len(plants) >= 60 and len({one.kind for one in plants}) >= 30 and len(HARMLESS) >= 40
    looked = look(tmp_path)
    assert (looked.engine, looked.broken) == (by, "")
    assert [(one.kind, one.path) for one in plants if not at(looked.leaks, one)] == []
    spots = {(leak.path, leak.line): leak for leak in looked.leaks if leak.grade != "look"}
    wrong = [spots[spot] for spot in harmless_lines(tmp_path, plants) if spot in spots]
    assert wrong == []


def test_no_value_is_told_or_kept(tmp_path: Path, by: str) -> None:
    from seawall.kit import SectionVerdict
    from seawall.report import leaks as report
    from seawall.report.documents import findings

    plants = plant(tmp_path, 4)
    looked = look(tmp_path)
    results = checked(looked)
    told = json.dumps(report.document(looked, 1.0)) + repr(looked)
    told += json.dumps(findings(SectionVerdict("repository", tuple(results.values()))))
    told += "".join(file.read_text("latin-1") for file in folder().iterdir())
    assert [one.kind for one in plants if parts(one.value) & set(windows(told))] == []


def parts(value: str) -> set[str]:
    """The stretches of a value that tell of it: its middle, and every line of a key."""
    lines = value.replace("\\n", "\n").splitlines()
    secret = [line for line in lines if "-----" not in line] or lines
    return {line[len(line) // 2 - 5 :][:10] for line in secret if len(line) >= 10}


def windows(text: str) -> Iterator[str]:
    return (text[start : start + 10] for start in range(len(text) - 9))


def checked(looked: Looked) -> dict[str, object]:
    seen = Look(None, "repository", facts={"leaks": looked})
    return {each.id: answer(Committed(), each, seen) for each in Committed.checks()}


def found(looked: Looked, check: str) -> list[tuple[str, str, str | None]]:
    result = checked(looked)[f"committed.{check}"]
    return [(one.problem, one.evidence, one.severity) for one in result.findings]  # type: ignore[attr-defined]


def token(seed: int = 7) -> str:
    return "ghp_" + Made(seed).of("abcdefghkmnpqrstuvwxyzABCDEFGH23456789", 36)


def write(top: Path, name: str, text: str) -> None:
    (top / name).parent.mkdir(parents=True, exist_ok=True)
    (top / name).write_text(text)


def test_history_says_who_brought_it_and_whether_it_is_still_there(repo: Path, by: str) -> None:
    write(repo, "a.py", f"old = '{token(1)}'\nkept = '{token(2)}'\n")
    commit(repo)
    write(repo, "a.py", f"kept = '{token(2)}'\n")
    commit(repo)
    looked = look(repo)
    here, gone = sorted(looked.leaks, key=lambda leak: leak.gone)
    assert (here.line, here.gone, gone.line, gone.gone) == (1, False, 1, True)
    assert here.first and gone.first and gone.first.author == "Dana"
    assert [severity for _, _, severity in found(looked, "not-in-the-code")] == ["must"]
    ((problem, evidence, severity),) = found(looked, "not-in-history")
    assert (problem, severity) == ("a GitHub token is in the history", "must")
    assert evidence.startswith("a.py:1   ghp_…, 40 characters, since ")


def test_a_branch_a_stash_and_a_tag_are_history_too(repo: Path) -> None:
    write(repo, "a.py", "\n")
    commit(repo)
    for seed, name in enumerate(("branch", "tag"), 10):
        git(repo, "checkout", "-q", "-b", name, "main")
        write(repo, f"{name}.py", f"x = '{token(seed)}'\n")
        commit(repo)
        git(repo, "checkout", "-q", "main")
    git(repo, "tag", "-f", "kept", "tag")
    git(repo, "branch", "-D", "tag")
    write(repo, "a.py", f"x = '{token(12)}'\n")
    git(repo, "stash")
    assert {leak.path for leak in look(repo).leaks} == {"branch.py", "tag.py", "a.py"}


def test_a_second_look_reads_only_what_changed(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(repo, 5)
    commit(repo)
    first = look(repo)
    runs: list[int] = []
    real = engine.scan

    def counted(program: Path, pieces: object) -> object:
        read = list(pieces)  # type: ignore[call-overload]
        runs.append(len(read))
        return real(program, read)

    monkeypatch.setattr(engine, "scan", counted)
    assert look(repo).leaks == first.leaks and runs == []
    write(repo, "new.py", f"x = '{token(3)}'\n")
    assert "new.py" in {leak.path for leak in look(repo).leaks} and runs == [1]
    commit(repo)
    assert "new.py" in {leak.path for leak in look(repo).leaks} and runs == [1, 1]


def test_what_is_allowed_has_a_reason_and_is_counted(repo: Path, by: str) -> None:
    write(repo, "a.py", f"x = '{token(1)}'  # seawall: harmless, revoked in 2024\n")
    write(repo, "b.py", f"x = '{token(2)}'  # seawall: harmless\n")
    write(repo, "c.py", f"x = '{token(3)}'\n")
    write(repo, "tools/d.py", f"x = '{token(4)}'\n")
    commit(repo)
    looked = look(repo, Known((Allowed("made up", file="tools/*"),)))
    assert [leak.path for leak in looked.leaks] == ["b.py", "c.py"] and looked.allowed == 1
    by_id = Known((Allowed("revoked", fingerprint=looked.leaks[1].id),))
    assert [leak.path for leak in look(repo, by_id).leaks] == ["b.py", "tools/d.py"]


def test_a_baseline_leaves_only_what_is_new(repo: Path) -> None:
    write(repo, "a.py", f"x = '{token(1)}'\n")
    commit(repo)
    write_baseline(repo / BASELINE, look(repo).leaks, frozenset())
    assert token(1) not in (repo / BASELINE).read_text()
    write(repo, "b.py", f"x = '{token(2)}'\n")
    looked = look(repo)
    assert [leak.path for leak in looked.leaks] == ["b.py"] and looked.before == 1
    write(repo, BASELINE, "{")
    with pytest.raises(ConfigError, match="no baseline"):
        look(repo)


def test_only_what_is_staged_is_looked_at_before_a_commit(repo: Path, by: str) -> None:
    write(repo, "a.py", f"x = '{token(1)}'\n")
    git(repo, "add", "a.py")
    assert [leak.path for leak in staged(repo, Known()).leaks] == ["a.py"]
    commit(repo)
    write(repo, "b.py", f"++ b/c.py\nx = '{token(2)}'\n")
    assert staged(repo, Known()).leaks == ()
    git(repo, "add", "b.py")
    assert [(leak.path, leak.line) for leak in staged(repo, Known()).leaks] == [("b.py", 2)]


def test_a_public_remote_is_said_loudly(repo: Path) -> None:
    write(repo, "a.py", f"x = '{token(1)}'\n")
    write(repo, "LICENSE", "MIT License\n\nPermission is hereby granted, free of charge\n")
    commit(repo)
    git(repo, "remote", "add", "origin", f"https://dana:{token(5)}@github.com/acme/web.git")
    problem, evidence, _ = found(look(repo), "not-in-the-code")[0]
    assert problem.startswith("strangers can read") and "github.com/acme/web," in evidence
    assert token(5) not in evidence
    (repo / "LICENSE").unlink()
    assert not any("strangers" in told for told, _, _ in found(look(repo), "not-in-the-code"))


def test_our_own_repository_has_none() -> None:
    looked = look(ROOT, past=False)
    assert [leak.place for leak in looked.leaks if leak.grade == "must"] == []
