"""`seawall init` as people run it: in a terminal, in a pipe, twice, and with a finger on Ctrl-C."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pexpect
import pytest

from seawall import config
from seawall.features.security.people import People
from seawall.repository import traits

ROOT = Path(__file__).parent.parent
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBr/49O2fuYFld9vKYsSzNzmVSw+FvgSp6t2Ui2/RdJf li"
SSH_CONFIG = (
    "Host web1\n  HostName 203.0.113.10\nHost github.com gh\n  HostName github.com\nHost *\n"
)


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A small repository."""
    folder = tmp_path / "acme"
    folder.mkdir()
    subprocess.run(["git", "init", "-q", str(folder)], check=True)
    (folder / "Dockerfile").write_text("FROM scratch\nEXPOSE 8000\n")
    return folder


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with a key, a server and a name."""
    folder = tmp_path / "home"
    (folder / ".ssh").mkdir(parents=True)
    (folder / ".ssh/id_ed25519.pub").write_text(KEY + "\n")
    (folder / ".ssh/config").write_text(SSH_CONFIG)
    (folder / ".gitconfig").write_text("[user]\n  name = Dána Oliveira\n")
    return folder


def environment(home: Path, **more: str) -> dict[str, str]:
    kept = {"PATH": os.environ["PATH"], "HOME": str(home), "PYTHONPATH": str(ROOT)}
    return {**kept, "LC_ALL": "C.UTF-8", "TERM": "xterm", **more}


def run(here: Path, home: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Without a terminal and with nothing to read."""
    return subprocess.run(
        [sys.executable, "-m", "seawall", "init", *arguments],
        cwd=here,
        env=environment(home, **more),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=30,
    )


def spawn(here: Path, home: Path, *arguments: str, columns: int = 80) -> Any:
    """In a terminal."""
    return pexpect.spawn(
        sys.executable,
        ["-m", "seawall", "init", *arguments],
        cwd=str(here),
        env=environment(home),  # type: ignore[arg-type]
        dimensions=(24, columns),
        encoding="utf-8",
        timeout=20,
    )


def test_without_a_terminal_every_answer_is_a_guess(here: Path, home: Path) -> None:
    done = run(here, home)
    assert done.returncode == 0, done.stderr
    found = config.load(here / "seawall.yml")
    assert found.project == "acme"
    assert {name: server.host for name, server in found.servers.items()} == {"web1": "web1"}
    assert found.of(People).people["dana"].keys == [KEY]
    assert found.of(People).people["dana"].admin
    assert "web1, from ~/.ssh/config" in done.stderr
    assert "dana, ed25519 key in ~/.ssh/id_ed25519.pub" in done.stderr
    assert "Dockerfile, listens on 8000" in done.stderr
    assert "Nothing has touched a server yet.\nNext: seawall check" in done.stdout
    assert all(len(line) <= 80 for line in (done.stdout + done.stderr).splitlines())


def test_the_file_begins_with_what_editors_read(here: Path, home: Path) -> None:
    run(here, home)
    first = (here / "seawall.yml").read_text().splitlines()[0]
    assert first == "# yaml-language-server: $schema=.seawall/schema.json"
    told = subprocess.run([sys.executable, "-m", "seawall", "schema"], capture_output=True)
    assert json.loads((here / ".seawall/schema.json").read_text()) == json.loads(told.stdout)


def test_where_nothing_lies_around_the_file_is_still_right(here: Path, tmp_path: Path) -> None:
    done = run(here, tmp_path / "empty", USER="root")
    assert done.returncode == 0, done.stderr
    assert config.load(here / "seawall.yml").servers == {}
    assert "No server yet" in done.stdout
    assert "Nobody may log in yet" in done.stdout


def test_flags_are_answers(here: Path, home: Path) -> None:
    done = run(
        here, home, "--server", "root@203.0.113.7:2222", "--person", "no",
        "--key", "github:li", "--project", "on",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = config.load(here / "seawall.yml")
    assert found.project == "on"
    assert found.servers["web1"].address == config.Address("root", "203.0.113.7", 2222)
    assert found.looked_up_keys == (("no", "github:li"),)
    assert found.of(People).people["no"].admin


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        (["--server=-oProxyCommand=x"], "--server: should be a host, got -oProxyCommand=x\n"),
        (["--person", "root"], "--person: belongs to the system, got root\n"),
        (["--person", "Da na"], "--person: is not an account name, got Da na\n"),
        (["--key", "abc"], "--key: is not a public key\n"),
        (["--project", "My App"], "--project: is not a name for a project, got My App\n"),
    ],
)
def test_a_wrong_flag_is_named_and_nothing_is_written(
    here: Path, home: Path, flags: list[str], told: str
) -> None:
    done = run(here, home, *flags)
    assert done.returncode == 2
    assert told in done.stderr
    assert f"hint: such as {flags[0].split('=')[0]} " in done.stderr
    assert not (here / "seawall.yml").exists()
    assert not (here / ".seawall").exists()


@pytest.mark.parametrize(
    ("flags", "missing"), [(["--person", "dana"], "--key"), (["--key", KEY], "--person")]
)
def test_what_cannot_be_guessed_is_named(
    here: Path, tmp_path: Path, flags: list[str], missing: str
) -> None:
    done = run(here, tmp_path / "empty", *flags)
    assert done.returncode == 2
    assert f"{missing}: " in done.stderr


def test_a_private_key_is_neither_taken_nor_told(here: Path, home: Path) -> None:
    body = "not-a-key-but-secret"
    text = f"-----BEGIN OPENSSH PRIVATE KEY-----\n{body}\n-----END OPENSSH PRIVATE KEY-----\n"
    (home / ".ssh/id_ed25519.pub").write_text(text)
    done = run(here, home, "--person", "dana", "--key", "~/.ssh/id_ed25519.pub")
    assert done.returncode == 2
    assert "private key" in done.stderr
    assert body not in done.stdout + done.stderr


def test_an_existing_file_stays_as_it_is(here: Path, home: Path) -> None:
    (here / "seawall.yml").write_text("project: mine\n")
    done = run(here, home)
    assert done.returncode == 0, done.stderr
    assert (here / "seawall.yml").read_text() == "project: mine\n"
    assert not (here / ".seawall").exists()
    assert "seawall.yml is there already, and stays as it is.\nInit would add:" in done.stdout
    assert "  web1:\n" in done.stdout
    assert "project:" not in done.stdout


def test_a_file_further_up_in_the_repository_counts_too(here: Path, home: Path) -> None:
    (here / "seawall.yml").write_text("project: mine\n")
    (here / "app").mkdir()
    done = run(here / "app", home)
    assert "../seawall.yml is there already" in done.stdout
    assert not (here / "app/seawall.yml").exists()


def test_json_is_one_document_and_nothing_else(here: Path, home: Path) -> None:
    first = run(here, home, "--json")
    told = json.loads(first.stdout)
    assert first.stderr == ""
    assert told["wrote"] == ["seawall.yml", ".seawall/schema.json"]
    assert told["server"] == {"name": "web1", "host": "web1"}
    assert told["person"] == {"name": "dana", "key": KEY}
    assert told["repository"][0]["what"] == "Dockerfile, listens on 8000"
    second = json.loads(run(here, home, "--json").stdout)
    assert set(second) == set(told)
    assert (second["wrote"], second["exists"], second["would_add"]) == ([], "seawall.yml", "")


def test_four_enters_write_the_file(here: Path, home: Path) -> None:
    terminal = spawn(here, home)
    terminal.expect_exact("Four questions.")
    for question in ("[web1, from ~/.ssh/config]", "Domain", "[dana, ed25519 key", "[acme, from"):
        terminal.expect_exact(question)
        assert not (here / "seawall.yml").exists()
        terminal.sendline("")
    terminal.expect_exact("Next: seawall check")
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus == 0
    assert "web1" in config.load(here / "seawall.yml").servers


def test_a_wrong_answer_is_asked_for_again(here: Path, home: Path) -> None:
    terminal = spawn(here, home, "--server", "none")
    terminal.expect_exact("Three questions.")
    terminal.expect_exact("Domain")
    terminal.sendline("")
    for wrong, told in (("root", "belongs to the system"), ("li abc", "is not a public key")):
        terminal.expect_exact("Who may log in")
        terminal.sendline(wrong)
        terminal.expect_exact(told)
    terminal.expect_exact("Who may log in")
    terminal.sendline("li github:li")
    terminal.expect_exact("Project")
    terminal.sendline("shop")
    terminal.expect(pexpect.EOF)
    found = config.load(here / "seawall.yml")
    assert (found.project, found.looked_up_keys) == ("shop", (("li", "github:li"),))


@pytest.mark.parametrize("key", ["c", "d"])
def test_leaving_writes_nothing(here: Path, home: Path, key: str) -> None:
    terminal = spawn(here, home)
    terminal.expect_exact("[web1")
    terminal.sendline("")
    terminal.expect_exact("Domain")
    terminal.sendline("")
    terminal.expect_exact("[dana")
    terminal.sendcontrol(key)
    terminal.expect_exact("Nothing was written.")
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus == 130
    assert sorted(path.name for path in here.iterdir()) == [".git", "Dockerfile"]


def test_a_narrow_terminal_gets_narrow_lines(here: Path, home: Path) -> None:
    terminal = spawn(here, home, columns=40)
    for question in ("Server", "Domain", "Who may log in", "Project"):
        terminal.expect_exact(question)
        terminal.expect("] $|   $| $")
        terminal.sendline("")
    terminal.expect(pexpect.EOF)
    assert (here / "seawall.yml").exists()
    shown = re.sub(r"\x1b\[[0-9;]*m", "", str(terminal.before))
    assert [line for line in shown.splitlines() if len(line) > 40] == []


@pytest.fixture
def agent(tmp_path: Path) -> Iterator[str]:
    """A real ssh agent with one new key."""
    socket, key = tmp_path / "agent", tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    with subprocess.Popen(["ssh-agent", "-D", "-a", socket], stdout=subprocess.DEVNULL) as process:
        while not socket.exists():
            assert process.poll() is None
        found = {**os.environ, "SSH_AUTH_SOCK": str(socket)}
        subprocess.run(["ssh-add", "-q", key], env=found, check=True)
        yield str(socket)
        process.terminate()


def test_a_key_in_the_agent_comes_first(here: Path, home: Path, agent: str) -> None:
    done = run(here, home, SSH_AUTH_SOCK=agent)
    assert "dana, ed25519 key in your ssh agent" in done.stderr
    assert KEY not in (here / "seawall.yml").read_text()


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({"requirements.txt": "django==5.2\n", "manage.py": ""}, "Django, Python"),
        ({"pyproject.toml": "[project]\ndependencies = ['fastapi']"}, "FastAPI, Python"),
        ({"package.json": '{"dependencies": {"next": "15"}}'}, "Next.js, Node"),
        ({"Gemfile": "gem 'rails'\n"}, "Rails, Ruby"),
        ({"go.mod": "require github.com/gin-gonic/gin v1\n"}, "Gin, Go"),
        ({"composer.json": '{"require": {"laravel/framework": "*"}}'}, "Laravel, PHP"),
        ({"package.json": "\xff not json"}, "Node"),
        ({"Dockerfile": "FROM x\n"}, "Dockerfile"),
        ({".env": "SECRET_KEY=a\nexport API_TOKEN='b'\nDEBUG=1\n"}, "2 settings look secret"),
    ],
)
def test_a_repository_is_recognised(tmp_path: Path, files: dict[str, str], told: str) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text, "latin-1")
    assert [trait.what for trait in traits(tmp_path)] == [told]


def test_an_env_file_in_git_is_said(here: Path) -> None:
    (here / ".env").write_text("SECRET_KEY=a\n")
    assert "not in git" in traits(here)[-1].evidence
    subprocess.run(["git", "-C", str(here), "add", ".env"], check=True)
    assert "which is in git" in traits(here)[-1].evidence
