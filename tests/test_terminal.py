"""A real terminal: what stands on the screen, what Ctrl-C does, and questions nobody answers."""

import os
import re
import sys
import time
from pathlib import Path

import pexpect
import pyte
import pytest
from golden import same
from test_cli import CONFIG

ENVIRONMENT = {"TERM": "xterm-256color", "LANG": "C.UTF-8", "PAGER": "less", "LESSSECURE": "1"}
ASKING = """
from seawall.cli import main
from seawall.commands import changes
from outcomes import PLANS
from seawall import engine
engine.plan = lambda config, names: PLANS["plan"][1:]
"""


class Session:
    """A command in a terminal of a given size."""

    def __init__(self, *words: str, at: Path, width: int = 80, code: str = "", **more: str) -> None:
        self.screen = pyte.Screen(width, 60)
        self._stream = pyte.Stream(self.screen)
        self.raw = ""
        self.program = pexpect.spawn(
            sys.executable,
            ["-c", code, *words] if code else ["-m", "seawall", *words],
            cwd=at,
            env=_environment() | more,
            dimensions=(60, width),
            encoding="utf-8",
            timeout=30,
        )

    def until(self, text: str) -> "Session":
        """Read until this was written."""
        self.program.expect_exact(text)
        self._feed(self.program.before + self.program.after)
        return self

    def send(self, text: str) -> "Session":
        self.program.send(text)
        return self

    def end(self) -> int:
        """Read to the end; the exit code."""
        self.program.expect(pexpect.EOF)
        self._feed(self.program.before)
        self.program.close()
        return self.program.exitstatus

    def shown(self) -> str:
        """The screen as a person sees it now."""
        return "\n".join(line.rstrip() for line in self.screen.display).rstrip() + "\n"

    def _feed(self, text: str) -> None:
        self.raw += text
        self._stream.feed(text)


def _environment() -> dict[str, str]:
    hidden = ("CI", "GITHUB_ACTIONS", "NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES", "LC_ALL")
    inherited = {name: value for name, value in os.environ.items() if name not in hidden}
    return inherited | ENVIRONMENT


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "seawall.yml").write_text(CONFIG)
    return tmp_path


@pytest.mark.parametrize("width", [80, 40])
def test_an_unreachable_server(project, width):
    session = Session("check", "web1", "--only", "ssh", at=project, width=width)
    assert session.end() == 3
    shown = re.sub(r"\d+\.\d s", "0.1 s", session.shown())
    same(f"screens/terminal-check.{width}.txt", shown)
    assert "… web1: looking, 0 s" in session.raw
    assert "…" not in shown
    assert "\x1b[31m✗\x1b[0m" in session.raw and "\x1b[1mweb1\x1b[0m" in session.raw


@pytest.mark.parametrize("width", [80, 40])
@pytest.mark.parametrize("words", [["--help"], ["check", "--help"], ["explain", "firewall"]])
def test_no_line_is_wider_than_the_terminal(project, words, width):
    session = Session(*words, at=project, width=width)
    assert session.end() == 0
    text = re.sub(r"\x1b[\[=>?][0-9;?]*[a-zA-Z]?", "", session.raw).replace("\r", "")
    assert max(map(len, text.split("\n"))) <= width


@pytest.mark.parametrize(
    "more", [{"NO_COLOR": "1"}, {"TERM": "dumb"}, {"SEAWALL_PLAIN": "1", "NO_COLOR": "1"}]
)
def test_no_escape_code_where_none_is_wanted(project, more):
    session = Session("check", "web1", at=project, CI="true", **more)
    assert session.end() == 3
    assert "\x1b" not in session.raw


def test_letters_where_the_locale_has_no_symbols(project):
    session = Session("check", "web1", at=project, LC_ALL="C")
    assert session.end() == 3
    assert session.shown().isascii()
    assert "FAIL" in session.shown()


def test_a_config_error(project):
    (project / "seawall.yml").write_text("project: acme\nservrs: {}\n")
    session = Session("plan", at=project)
    assert session.end() == 2
    assert session.shown().startswith("seawall.yml:2: ")


def test_a_pager_only_where_somebody_can_turn_pages(project):
    session = Session("explain", at=project)
    session.until("baseline.").send("q")
    assert session.end() == 0
    plain = Session("explain", at=project, SEAWALL_PLAIN="1")
    assert plain.end() == 0


def asking(*words: str, at: Path, **more: str) -> Session:
    """A verb with something to ask: its plan is given, the question is real."""
    paths = f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})"
    return Session(at=at, code=f"{paths}{ASKING}main({list(words)!r})", **more)


def test_no_is_no(project):
    session = asking("apply", at=project).until("Go ahead? [y/N, d shows the diff] ")
    assert session.send("\r").end() == 1
    assert session.shown().endswith("Nothing was changed.\n")


def test_the_diff_is_shown_and_asked_again(project):
    session = asking("up", at=project).until("the diff] ").send("d\r").until("the diff] ")
    assert session.shown().count("web2         1 change") == 2
    assert session.send("n\r").end() == 1


@pytest.mark.parametrize("key", ["\x03", "\x04"])
def test_leaving_at_the_question_changes_nothing(project, key):
    session = asking("apply", at=project).until("the diff] ")
    assert session.send(key).end() == 130
    assert session.shown().endswith("Nothing was changed.\n")


def test_ci_is_never_asked(project):
    session = asking("apply", at=project, CI="true")
    assert session.end() == 2
    assert "--yes is missing: web2 would change" in session.shown()


def test_the_name_is_typed_to_remove(project):
    session = Session("remove", "web1", at=project).until("Type the name of the server: ")
    assert session.send("web2\r").end() == 1
    assert "web1 was not touched" in session.shown()


def test_an_interrupt_says_what_stays(project):
    code = """
import sys, time
from seawall.kit import Event
def apply(config, names, *, expect, on_event):
    on_event(Event("step", "web2", "people", "li", seconds=0.1))
    on_event(Event("start", "web2", "ssh"))
    time.sleep(60)
engine.apply = apply
"""
    paths = f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})"
    whole = f"{paths}{ASKING}{code}main(['up', '--yes'])"
    session = Session(at=project, code=whole).until("… web2 ssh, 1 s")
    time.sleep(0.1)
    assert session.send("\x03").end() == 130
    assert session.shown().endswith(
        "Stopped watching. Applied so far: web2: people. The work on web2 goes on;\n"
        "seawall up joins it.\n"
    )
