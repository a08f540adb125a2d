"""A real terminal: what stands on the screen, what Ctrl-C does, and questions nobody answers."""

import json
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


class Session:
    """A command in a terminal of a given size."""

    def __init__(self, *words: str, at: Path, width: int = 80, **more: str) -> None:
        self.screen = pyte.Screen(width, 60)
        self._stream = pyte.Stream(self.screen)
        self.raw = ""
        self.program = pexpect.spawn(
            sys.executable,
            ["-m", "seawall", *words],
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


SSH = """\
#!{python}
import json, os, sys, time
from pathlib import Path
if "-G" in sys.argv:
    sys.exit(print("hostname 127.0.0.1\\nuser root\\nport 22"))
if "-O" in sys.argv:
    sys.exit()
file = Path(__file__).with_name("says.json")
says = json.loads(file.read_text())
if says.get("sudo") and "sudo -S" not in sys.argv[-1]:
    sys.exit(99)
if says.get("sudo"):
    assert [sys.stdin.buffer.readline() for _ in "12"] == [b"sesame\\n"] * 2
print("\\x1e" + json.dumps({{"type": "ready", "agent": ""}}), flush=True)
name, size, agent = sys.stdin.buffer.readline().split()[1:]
mode = json.loads(sys.stdin.buffer.read(int(size)))["mode"]
sys.stdin.buffer.read(int(agent) or int(sys.stdin.buffer.readline()))
turn, *later = says[mode]
file.write_text(json.dumps(says | {{mode: later or [turn]}}))
for event in [{{"type": "hello"}}, *turn]:
    time.sleep(event.get("sleep", 0))
    print("\\x1e" + json.dumps(event), flush=True)
"""
"""Stands where ssh stands, outside of everything that is ours: a server that follows a script."""

PEOPLE = {"feature": "people", "action": "+", "what": "account dana (seawall-admin)"}
BANNER = {"feature": "ssh", "action": "~", "what": "/etc/issue.net", "diff": "-old\n+new\n"}
MALLORY = {"feature": "people", "action": "-", "what": "key of mallory"}
STEP = {"type": "step", "feature": "people", "what": ["dana"], "ok": True, "seconds": 0.1}
DONE = [{"type": "start", "feature": "people", "what": []}, STEP, {"type": "done"}]


def plan(*changes: dict[str, str]) -> dict[str, object]:
    """A plan as the agent tells it."""
    return {"type": "plan", "changes": changes, "hash": str(len(changes)), "preflight": []}


class Server:
    """web1, played by a script."""

    def __init__(self, project: Path) -> None:
        self.project = project
        self.folder = project / "bin"
        self.folder.mkdir()
        (self.folder / "ssh").write_text(SSH.format(python=sys.executable))
        (self.folder / "ssh").chmod(0o755)
        self._says = {"look": [[plan(PEOPLE, BANNER)]], "apply": [DONE]}
        self.says()

    def says(self, **modes: object) -> None:
        """What it answers, conversation by conversation; the last one again and again."""
        self._says |= modes
        (self.folder / "says.json").write_text(json.dumps(self._says))

    def asked(self, verb: str, *words: str, about: str = "web1", **more: str) -> Session:
        """A verb about it, or about an app on it, in a terminal."""
        path = f"{self.folder}:{os.environ['PATH']}"
        state = str(self.project / "state")
        return Session(
            verb, about, *words, at=self.project, PATH=path, XDG_STATE_HOME=state, **more
        )


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "seawall.yml").write_text(CONFIG)
    return tmp_path


@pytest.mark.parametrize("width", [80, 40])
def test_an_unreachable_server(project, width):
    session = Session("check", "web1", "--only", "ssh", at=project, width=width)
    assert session.end() == 3
    shown = re.sub(r"\d+\.\d s", "0.1 s", session.shown())
    shown = re.sub(r"\b\d\d checks skipped", "40 checks skipped", shown)
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


@pytest.fixture
def server(project: Path) -> Server:
    return Server(project)


def test_no_is_no(server):
    session = server.asked("apply").until("Go ahead? [y/N, d shows the diff] ")
    assert session.send("\r").end() == 1
    assert session.shown().endswith("Nothing was changed.\n")


def test_the_diff_is_shown_and_asked_again(server):
    session = server.asked("up").until("the diff] ").send("d\r").until("the diff] ")
    assert session.shown().count("web1         2 changes") == 2
    assert session.send("n\r").end() == 1


@pytest.mark.parametrize("key", ["\x03", "\x04"])
def test_leaving_at_the_question_changes_nothing(server, key):
    session = server.asked("apply").until("the diff] ")
    assert session.send(key).end() == 130
    assert session.shown().endswith("Nothing was changed.\n")


def test_ci_is_never_asked(server):
    session = server.asked("apply", CI="true")
    assert session.end() == 2
    assert "--yes is missing: web1 would change" in session.shown()


def test_yes_is_yes(server):
    session = server.asked("apply").until("the diff] ")
    assert session.send("y\r").end() == 0
    shown = re.sub(r"Done in .*", "Done in 1.0 s.", session.shown())
    same("screens/terminal-apply.80.txt", shown)


def test_nothing_to_do_is_no_question(server):
    server.says(look=[[plan()]])
    assert server.asked("apply").end() == 0


def test_a_plan_that_grew_is_shown_and_asked_again(server):
    server.says(apply=[[plan(PEOPLE, BANNER, MALLORY), {"type": "changed"}], DONE])
    session = server.asked("apply").until("the diff] ").send("y\r").until("the diff] ")
    assert "web1         is not what the plan showed any more" in session.shown()
    assert "now people      key of mallory" in session.shown()
    assert session.send("y\r").end() == 0


def test_yes_agrees_to_less_and_never_to_more(server):
    server.says(apply=[[plan(PEOPLE), {"type": "changed"}], DONE])
    assert server.asked("apply", "--yes").end() == 0
    server.says(apply=[[plan(PEOPLE, BANNER, MALLORY), {"type": "changed"}], DONE])
    refused = server.asked("apply", "--yes")
    assert refused.end() == 1
    assert "changed since the plan was shown" in refused.shown()


def test_what_somebody_else_finished_is_done(server):
    server.says(apply=[[plan(), {"type": "changed"}]])
    assert server.asked("apply", "--yes").end() == 0


def test_an_interrupt_says_what_stays(server):
    server.says(apply=[[STEP, {"type": "start", "feature": "ssh", "what": []}, {"sleep": 60}]])
    session = server.asked("up", "--yes").until("… web1 ssh, 1 s")
    assert session.send("\x03").end() == 130
    assert session.shown().endswith(
        "Stopped watching. Applied so far: web1: people. The work on web1 goes on;\n"
        "seawall up joins it.\n"
    )


def test_a_password_prompt_is_left_alone(server):
    server.says(sudo=True)
    session = server.asked("plan").until("sudo password on web1: ")
    time.sleep(2.5)
    session.send("sesame\r").until("2 changes")
    prompt = next(line for line in session.raw.split("\n") if "sudo password" in line)
    assert "…" not in prompt
    assert "sesame" not in session.raw
    assert session.end() == 0


def test_the_name_is_typed_to_remove(project):
    session = Session("remove", "web1", at=project).until("Type the name of the server: ")
    assert session.send("web2\r").end() == 1
    assert "web1 was not touched" in session.shown()
