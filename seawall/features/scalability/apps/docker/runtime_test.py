"""What Docker never learns arrives whole, and nothing else can be asked for by its name."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as any_

from seawall.agent.apps.containers import _quoted
from seawall.agent.apps.units import _line
from seawall.features.scalability.apps.docker import runtime

TEXT = any_.text(any_.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=40)
NAMES = any_.from_regex(r"[A-Z_][A-Z0-9_]{0,8}", fullmatch=True)


@given(any_.dictionaries(NAMES, TEXT, max_size=6))
def test_any_value_comes_out_as_it_went_in(variables: dict[str, str]) -> None:
    written = "".join(_line(name, value) for name, value in variables.items())
    assert runtime.parsed(written) == variables


def test_the_mark_is_gone_and_the_rest_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime, "variables", lambda path: {"API_KEY": "x=y", "PATH": "/mine"})
    told = ["PATH=/bin", "PORT=80", "APP_ENVIRONMENT_FILE=/srv/apps/web/env/7.env"]
    assert runtime.completed(told) == ["PATH=/mine", "PORT=80", "API_KEY=x=y"]
    assert runtime.completed(["PATH=/bin"]) == ["PATH=/bin"]


@pytest.mark.parametrize("path", ["/etc/shadow", "/srv/apps/../../x/env/1.env", "/srv/apps/a/b"])
def test_only_an_app_has_an_environment(path: str) -> None:
    with pytest.raises(SystemExit):
        runtime.completed([f"{runtime.MARK}={path}"])


def test_it_completes_what_starts_a_process() -> None:
    create = ["--root", "/run/x", "create", "--bundle", "/run/b", "id"]
    assert runtime.document(create) == "/run/b/config.json"
    assert runtime.document(["exec", "--process", "/tmp/p", "id"]) == "/tmp/p"
    assert runtime.document(["--root", "/run/x", "delete", "id"]) is None


def test_the_text_stands_alone() -> None:
    """It runs on servers whose Python is older than ours, without Seawall."""
    source = Path(runtime.__file__).read_text()
    assert "import seawall" not in source and "from seawall" not in source


@pytest.mark.parametrize(
    ("word", "written"),
    [
        ("a", "a"),
        ("", '""'),
        ("a b", '"a b"'),
        ('say "x"', '"say \\"x\\""'),
        ("$x 5%", '"$$x 5%%"'),
    ],
)
def test_systemd_reads_a_word_as_it_was_meant(word: str, written: str) -> None:
    assert _quoted(word) == written
