"""The checks of the repository, on real git repositories."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from seawall.repository.checks import check_repository

KEY = "-----BEGIN OPENSSH PRIVATE KEY-----\nbm90IGEga2V5\n-----END OPENSSH PRIVATE KEY-----\n"


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.chdir(tmp_path)
    git("init", "-q")
    write("app.py", "print('hello')\n")
    write("seawall.yml", "project: acme\n")
    write(".env.example", "SECRET_KEY=change-me\n")
    write("cert.pem", "-----BEGIN CERTIFICATE-----\n")
    commit()
    yield tmp_path


def git(*words: str) -> None:
    who = ["-c", "user.name=t", "-c", "user.email=t@example.com"]
    subprocess.run(["git", *who, *words], check=True, capture_output=True)


def write(name: str, text: str) -> None:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def commit() -> None:
    git("add", "-A", "-f")
    git("commit", "-q", "-m", "All of it", "--allow-empty")


def found(config: Path | None = Path("seawall.yml")) -> dict[str, list[str]]:
    results = check_repository(config.absolute() if config else None)
    assert {result.state for result in results} <= {"fine", "found"}
    return {
        result.check.id.split(".")[1]: [finding.evidence for finding in result.findings]
        for result in results
        if result.findings
    }


def test_a_clean_repository_is_fine(repo: Path) -> None:
    assert found() == {}


@pytest.mark.parametrize(
    ("name", "text", "check"),
    [
        (".env", "A=1", "no-env-files"),
        ("deploy/production.env", "A=1", "no-env-files"),
        ("keys/id_ed25519", KEY, "no-private-keys"),
        ("tls/server.pem", KEY, "no-private-keys"),
        (".pgpass", "*:*:*:*:x", "no-password-files"),
        ("config/master.key", "0123", "no-password-files"),
        ("infra/terraform.tfstate", "{}", "no-password-files"),
    ],
)
def test_what_must_not_be_in_git_is_found(repo: Path, name: str, text: str, check: str) -> None:
    write(name, text)
    commit()
    assert found() == {check: [name]}


def test_a_secret_that_git_add_would_take_is_found(repo: Path) -> None:
    write(".env", "A=1")
    assert found() == {"secrets-are-ignored": [".env"]}
    write(".gitignore", ".env\n")
    assert found() == {}


def test_an_undescribed_or_uncommitted_description_is_found(repo: Path) -> None:
    write("seawall.yml", "project: other\n")
    assert found() == {"described": ["modified"]}
    assert found(None) == {"described": [""]}


def test_outside_of_git_there_is_no_version_control(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write("seawall.yml", "project: acme\n")
    assert found() == {"described": ["no git repository"]}


def test_a_git_that_does_not_answer_is_unknown(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert {result.state for result in check_repository(None)} == {"unknown"}


def test_a_link_out_of_the_tree_is_not_followed(repo: Path, tmp_path: Path) -> None:
    outside = tmp_path.parent / f"{tmp_path.name}-outside.key"
    outside.write_text(KEY)
    Path("id_rsa").symlink_to(outside)
    commit()
    assert found() == {}
