"""What begins before anything is imported: only what is known, and nothing that lingers."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from seawall import early
from seawall.server.talk import Talk

SSH = """\
#!/bin/sh
echo "$@" >> "$SSH_SAW"
exec cat
"""
SLOW = ("json", "pathlib", "re", "subprocess", "tempfile", "threading", "typing", "click")
UNUSED = ("asyncio", "http.client", "jinja2", "rich", "ssl", "urllib.request")
LOADED = "import sys; {code}; print(*[name for name in {names} if name in sys.modules])"

Begin = Callable[..., str]


@pytest.fixture
def begin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Begin]:
    """A folder where web1 and web2 were reached before; begins, and tells what ssh was asked."""
    (tmp_path / "bin").mkdir()
    ssh = tmp_path / "bin/ssh"
    ssh.write_text(SSH)
    ssh.chmod(0o755)
    (tmp_path / "seawall.yml").write_text("project: acme\n")
    (tmp_path / "ssh_config").write_text("")
    saw = tmp_path / "saw"
    monkeypatch.setenv("PATH", f"{ssh.parent}:{os.environ['PATH']}")
    monkeypatch.setenv("SSH_SAW", str(saw))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("SEAWALL_SSH_CONFIG", str(tmp_path / "ssh_config"))
    monkeypatch.setattr(early, "_got_in", {})
    monkeypatch.chdir(tmp_path)
    for name in ("web1", "web2"):
        early.got_in(str(tmp_path / "seawall.yml"), name, ["ssh", f"to-{name}"])
    early.end()

    def run(*arguments: str) -> str:
        early.begin(list(arguments))
        for talk in early._begun.values():
            talk.stdin.write(b"there\n")
            talk.stdin.flush()
            assert talk.stdout.readline() == b"there\n"
        early.end()
        said = saw.read_text() if saw.exists() else ""
        saw.unlink(missing_ok=True)
        return said

    yield run
    assert not early._begun


def test_who_was_reached_is_greeted_early_and_never_learned(begin: Begin) -> None:
    assert begin("plan", "web2") == "-o StrictHostKeyChecking=yes to-web2\n"
    everybody = begin("apply", "--yes", "-C", ".", "--color=never")
    assert "to-web1" in everybody and "to-web2" in everybody


def test_who_releases_goes_where_the_app_was_last(begin: Begin, tmp_path: Path) -> None:
    for place in ("web1/shop", "web1/blog", "web2/blog"):
        early.got_in(str(tmp_path / "seawall.yml"), place, ["ssh", f"to-{place[:4]}"])
    assert "to-web" not in begin("deploy", "other"), "nobody knows it"
    assert begin("deploy", "shop") == "-o StrictHostKeyChecking=yes to-web1\n"
    assert "to-web1" not in begin("deploy", "blog", "--server", "web2", "--build")
    assert len(begin("deploy").splitlines()) == 2, "each server once"
    assert len(begin("check").splitlines()) == 2


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("ssh", "web1"),
        ("plan", "--help"),
        ("plan", "--unheard-of", "web1"),
        ("check", "root@203.0.113.10"),
        ("check", "--skip"),
        ("plan", "-C", "/"),
        ("plan", "--ssh-config", "another"),
    ],
)
def test_nothing_else_is(begin: Begin, arguments: tuple[str, ...]) -> None:
    assert begin(*arguments) == ""


@pytest.mark.parametrize("file", ["seawall.yml", "ssh_config"])
def test_nobody_is_greeted_once_a_file_changed(begin: Begin, file: str) -> None:
    Path(file).write_text("# changed\n")
    assert begin("plan") == ""


def test_a_damaged_memory_is_no_memory(begin: Begin) -> None:
    Path("state/seawall/doors").write_bytes(b"\xff\x1e")
    assert begin("plan") == ""


def test_what_is_remembered_is_ours_alone(begin: Begin) -> None:
    assert Path("state/seawall/doors").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in Path("state/seawall").iterdir()] == ["doors"]


def test_whoever_needs_it_takes_it_over(begin: Begin) -> None:
    early.begin(["plan", "web1"])
    taken = early.take(["ssh", "to-web1"])
    assert taken and early.take(["ssh", "to-web1"]) is None
    taken.stop()


def test_a_dead_server_is_told_as_always(begin: Begin) -> None:
    talk = Talk("web1", ["sh", "-c", "echo no route >&2; exit 255", "--"], {"mode": "look"})
    with pytest.raises(ConnectionError, match="no route"):
        talk.open()


def test_nothing_slow_is_loaded_before() -> None:
    assert _loaded("import seawall.early", SLOW, "-I", "-S") == ""


def test_nothing_is_loaded_that_plan_does_not_need() -> None:
    code = "import seawall.cli, seawall.engine, seawall.commands.changes, seawall.report.answers"
    assert _loaded(code, UNUSED) == ""


def _loaded(code: str, names: tuple[str, ...], *options: str) -> str:
    root = Path(early.__file__).parent.parent
    code = f"import sys; sys.path.insert(0, {str(root)!r}); {code}"
    asked = [sys.executable, *options, "-c", LOADED.format(code=code, names=names)]
    return subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()
