"""`seawall leaks`, `check` and the hook, as one types them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from test_leaks import commit, git, token, write


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    top = tmp_path / "repo"
    top.mkdir()
    git(top, "init", "-q", "-b", "main")
    git(top, "config", "user.name", "Dana")
    git(top, "config", "user.email", "dana@example.com")
    write(top, "a.py", f"x = '{token(1)}'\n")
    return top


def seawall(at: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return run(at, sys.executable, "-m", "seawall", *words)


def run(at: Path, *words: str) -> subprocess.CompletedProcess[str]:
    env = os.environ | {"XDG_CACHE_HOME": str(at.parent / "cache"), "NO_COLOR": "1"}
    env["PATH"] = f"{Path(sys.executable).parent}:{env['PATH']}"
    done = subprocess.run(
        words, cwd=at, env=env, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60
    )
    assert token(1) not in done.stdout + done.stderr
    return done


def test_the_verb_and_check_tell_the_same(repo: Path) -> None:
    commit(repo)
    told = seawall(repo, "leaks")
    assert told.returncode == 1 and "ghp_…, 40 characters, since" in told.stdout
    assert "1 must fix" in told.stdout.splitlines()[-1]
    document = json.loads(seawall(repo, "leaks", "--json").stdout)
    assert [leak["rule"] for leak in document["leaks"]] != []
    checked = seawall(repo, "check", "--only", "committed", "--format", "json")
    findings = json.loads(checked.stdout)["findings"]
    assert [each["id"] for each in findings] == ["committed.not-in-the-code"]
    sarif = json.loads(seawall(repo, "check", "--only", "committed", "--format", "sarif").stdout)
    (result,) = sarif["runs"][0]["results"]
    place = result["locations"][0]["physicalLocation"]
    assert (place["artifactLocation"]["uri"], place["region"]["startLine"]) == ("a.py", 1)


def test_seawall_yml_and_a_baseline_quiet_what_is_known(repo: Path) -> None:
    commit(repo)
    allow = "project: acme\nleaks:\n  allow:\n    - { file: a.py, reason: revoked in May }\n"
    write(repo, "seawall.yml", allow)
    assert seawall(repo, "leaks").returncode == 0
    write(
        repo, "seawall.yml", "project: acme\nleaks:\n  allow:\n    - { file: a.py, reason: '' }\n"
    )
    assert "needs a reason" in seawall(repo, "leaks").stderr
    (repo / "seawall.yml").unlink()
    assert seawall(repo, "leaks", "--baseline").returncode == 0
    told = seawall(repo, "leaks")
    assert told.returncode == 0 and "1 in the baseline" in told.stdout


def test_the_hook_refuses_a_commit_with_a_secret(repo: Path) -> None:
    first = seawall(repo, "init", "--hooks", "--yes")
    assert first.returncode == 0 and "pre-commit: written" in first.stdout
    run(repo, "git", "add", "-A")
    refused = run(repo, "git", "commit", "-m", "With a key")
    assert refused.returncode == 1 and "GitHub" in refused.stdout + refused.stderr
    write(repo, "a.py", "import os\nx = os.environ['TOKEN']\n")
    run(repo, "git", "add", "-A")
    assert run(repo, "git", "commit", "-m", "Without").returncode == 0
    assert "left as it is" in seawall(repo, "init", "--hooks", "--yes").stdout


def test_a_hook_of_somebody_else_stays(repo: Path) -> None:
    theirs = repo / ".git" / "hooks" / "pre-commit"
    theirs.write_text("#!/bin/sh\nmake lint\n")
    write(repo, ".gitlab-ci.yml", "test:\n  script: [make test]\n")
    told = seawall(repo, "init", "--hooks", "--yes")
    assert theirs.read_text() == "#!/bin/sh\nmake lint\n"
    assert "seawall leaks --staged || exit 1" in told.stderr
    assert "GIT_DEPTH: 0" in told.stderr and (repo / ".gitlab-ci.yml").read_text().count("\n") == 2
