"""`seawall secrets` as people use it: several of them, git between them, and editors."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from io import StringIO
from pathlib import Path

import pytest
from golden import same
from keyring import Team, admin
from test_terminal import Session

from seawall import known
from seawall.cli import run
from seawall.report.screen import Output
from seawall.secrets import identities

VALUE = "correct-horse-battery-staple"
DOTENV = """\
# a comment
export A=1 # why
B='two words'
C="li\\nne $x \\"q\\""
D=
E=a#b

F="x
y"
"""
WEB = "apps:\n  web: { process: ./serve, secrets: [A] }\n"


class Office:
    """A project in git, and whoever is asked to type something."""

    def __init__(self, folder: Path) -> None:
        self.team = Team(folder)
        self.people: dict[str, str] = {}

    def hire(self, *names: str, more: str = "") -> None:
        self.people |= {name: admin(self.team.key(name)) for name in names}
        self.team.describe(self.people, more)

    def run(self, who: str, *words: str, given: str = "", code: int = 0, **env: str) -> str:
        """What `seawall secrets` says to somebody; stdout and stderr. In this very program, which
        forgets every key first: a hundred of these would take minutes otherwise."""
        identities.forget()
        out = StringIO()
        with pytest.MonkeyPatch.context() as patch:
            for name in os.environ:
                patch.delenv(name)
            for name, value in (self.team.environment(who) | {"COLUMNS": "80"} | env).items():
                patch.setenv(name, value)
            for stream in ("stdout", "stderr"):
                patch.setattr(sys, stream, out)
            patch.setattr(sys, "stdin", StringIO(given))
            patch.chdir(self.team.folder)
            ended = run(["secrets", *words], Output())
        assert ended == code, out.getvalue()
        return out.getvalue()

    def start(self, who: str, *words: str, **env: str) -> "subprocess.Popen[str]":
        """The same as a program of its own, in a session of its own."""
        return subprocess.Popen(
            [sys.executable, "-m", "seawall", "secrets", *words],
            cwd=self.team.folder,
            env=self.team.environment(who) | {"COLUMNS": "80"} | env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def ended(self, who: str, *words: str, **env: str) -> tuple[int, str]:
        """The exit code of that program, and what it said."""
        with self.start(who, *words, **env) as program:
            said, _ = program.communicate(timeout=60)
        return program.returncode, said

    def git(self, *words: str, code: int = 0) -> str:
        who = ("-c", "user.name=x", "-c", "user.email=x@acme.example")
        done = subprocess.run(
            ["git", *who, *words], cwd=self.team.folder, capture_output=True, text=True
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout

    @property
    def file(self) -> Path:
        return self.team.folder / "secrets" / "production.age"


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    """Dana, who started it, in a run that has seen no value yet."""
    monkeypatch.setattr(known, "_VALUES", set())
    made = Office(tmp_path)
    made.hire("dana")
    made.run("dana", "init")
    return made


def test_a_first_day(office: Office) -> None:
    office.team.describe(office.people, WEB)
    told = [
        office.run("dana", "init"),
        office.run("dana", "set", "A", given=f"{VALUE}\n"),
        office.run("dana", "set", "A", given=f"{VALUE}\n"),
        office.run("dana", "set", "B", "--generate"),
        re.sub(r"20..-..-..", "2026-11-24", office.run("dana", "list")),
        office.run("dana", "rm", "B"),
        office.run("dana", "rotate", "A"),
        office.run("dana", "audit"),
        office.run("dana", "get", "B", code=2),
    ]
    same("screens/secrets.txt", "----------\n".join(told))
    assert VALUE not in "".join(told)


def test_a_value_on_the_command_line_is_refused_and_not_repeated(office: Office) -> None:
    for words in (("set", "A", VALUE), ("set", f"A={VALUE}"), ("rotate", "A", VALUE)):
        said = office.run("dana", *words, code=2)
        assert "a value does not go on the command line" in said and VALUE not in said


def test_nobody_waits_for_a_value_that_does_not_come(office: Office) -> None:
    assert "no value on stdin" in office.run("dana", "set", "A", code=2)


def test_a_prompt_shows_nothing(office: Office) -> None:
    typed = Session(
        "secrets",
        "set",
        "A",
        at=office.team.folder,
        **(office.team.environment("dana") | {"COLUMNS": "80"}),
    )
    typed.until("A (not shown)").send(f"{VALUE}\n")
    assert typed.end() == 0
    assert VALUE not in typed.raw
    assert office.run("dana", "get", "A") == f"{VALUE}\n"


def test_a_pipe_is_kept_line_by_line(office: Office) -> None:
    key = "-----BEGIN X-----\nabc\n-----END X-----\n"
    office.run("dana", "set", "KEY", given=key)
    assert office.run("dana", "get", "KEY") == key


def test_a_dotenv_file_goes_in_and_comes_out(office: Office) -> None:
    written = (
        '# c\nexport A=1 # why\nB=\'two words\'\nC="li\\nne $x \\"q\\""\nD=\nE=a#b\n\nF="x\ny"\n'
    )
    (office.team.folder / ".env").write_text(written)
    assert "left out: D" in office.run("dana", "import", ".env")
    expected = {"A": "1", "B": "two words", "C": 'li\nne $x "q"', "E": "a#b", "F": "x\ny"}
    assert json.loads(office.run("dana", "export", "--json"))["secrets"] == expected
    lines = office.run("dana", "export")
    show = "import json, os; print(json.dumps(dict(os.environ)))"
    script = f"set -a\n{lines}\nexec {sys.executable} -c '{show}'"
    shell = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True)
    assert json.loads(shell.stdout).items() >= expected.items()
    (office.team.folder / ".env").write_text("A=2\nNEW=3\n")
    assert "stays: A" in office.run("dana", "import", ".env")
    assert office.run("dana", "get", "A") == "1\n"
    office.run("dana", "import", ".env", "--replace")
    assert office.run("dana", "get", "A") == "2\n"


def test_a_dotenv_file_in_git_is_said(office: Office) -> None:
    (office.team.folder / ".env").write_text(f"A={VALUE}\nB {VALUE}\n")
    said = office.run("dana", "import", ".env", code=2)
    assert ".env:2: is not NAME=value" in said and VALUE not in said
    (office.team.folder / ".env").write_text(f"A={VALUE}\n")
    office.git("init", "-q")
    office.git("add", "-f", ".env")
    assert ".env is in git" in office.run("dana", "import", ".env")


# More than one person


def test_somebody_comes_and_goes(office: Office) -> None:
    office.run("dana", "set", "A", given=VALUE)
    office.hire("li", more=WEB)
    assert "no key here opens it" in office.run("li", "get", "A", code=1)
    assert "li cannot read, but may by seawall.yml" in office.run("dana", "audit")
    office.run("dana", "grant")
    assert office.run("li", "get", "A") == f"{VALUE}\n"
    before = office.file.read_text()
    office.people["li"] = "removed: true"
    office.team.describe(office.people, WEB)
    assert "li can read them" in office.run("dana", "audit", code=1)
    told = office.run("dana", "revoke")
    assert "A  app web" in told and "seawall secrets rotate A" in told and VALUE not in told
    assert "no key here opens it" in office.run("li", "get", "A", code=1)
    assert "li could read A, and it is still the same" in office.run("dana", "audit", code=1)
    office.run("dana", "rotate", "A")
    assert office.run("dana", "audit") == "Everything is as it should be.\n"
    office.file.write_text(before)  # what git still has
    assert office.run("li", "get", "A") == f"{VALUE}\n"


def test_what_is_set_after_somebody_left_is_not_theirs(office: Office, tmp_path: Path) -> None:
    """The old key of the file opens nothing that was written later."""
    office.run("dana", "set", "A", given=VALUE)
    office.hire("li")
    office.run("dana", "grant", "li")
    key = tmp_path / "kept-by-li"
    block = office.file.read_text().split("\nkey\n")[1].split("\n\nvalue")[0]
    li = str(tmp_path / "li/.ssh/id_ed25519")
    words = ["age", "-d", "-i", li, "-o", str(key)]
    subprocess.run(words, input=block, text=True, check=True)
    office.run("dana", "revoke", "li")
    armor = office.file.read_text().split("value A ")[1].partition("\n")[2]
    late = subprocess.run(
        ["age", "-d", "-i", str(key)], input=armor, text=True, capture_output=True
    )
    assert late.returncode != 0 and VALUE not in late.stdout


def test_who_was_not_named_is_not_let_in(office: Office) -> None:
    office.people["li"] = f"keys: [{office.team.key('li')}]"
    office.team.describe(office.people)
    assert "secrets: { readers: [li] }" in office.run("dana", "grant", "li", code=2)
    office.team.describe(office.people, "secrets: { readers: [li] }\n")
    office.run("dana", "grant", "li")
    office.run("li", "set", "A", given=VALUE)
    assert office.run("dana", "get", "A") == f"{VALUE}\n"


def test_the_last_one_is_not_shut_out(office: Office) -> None:
    assert "nobody would be left" in office.run("dana", "revoke", "dana", code=2)


def test_a_new_laptop(office: Office) -> None:
    """Another key in seawall.yml; the old one opens nothing any more."""
    office.run("dana", "set", "A", given=VALUE)
    old = office.people["dana"]
    (office.team.homes / "dana").rename(office.team.homes / "stolen")
    office.hire("dana", "li")
    assert office.people["dana"] != old
    assert "dana reads with other keys" in office.run("stolen", "audit", code=1)
    office.run("stolen", "grant", "dana", "li")
    office.run("li", "key", "--new")
    assert office.run("dana", "get", "A") == f"{VALUE}\n"
    assert "no key here opens it" in office.run("stolen", "get", "A", code=1)


def test_a_lost_project_key_is_replaced(office: Office) -> None:
    office.run("dana", "set", "A", given=VALUE)
    office.run("dana", "init", "--env", "staging")
    lost = office.run("dana", "key").splitlines()[0]
    for file in (office.team.homes / "dana/share/seawall/keys").iterdir():
        file.unlink()
    assert "seawall secrets key --new" in office.run("dana", "key", code=1)
    office.run("dana", "key", "--new")
    fresh = office.run("dana", "key").splitlines()[0]
    nobody = {"SEAWALL_SECRETS_KEY": fresh}
    assert office.run("nobody", "get", "A", **nobody) == f"{VALUE}\n"
    assert office.run("nobody", "export", "--env", "staging", **nobody) == ""
    said = office.run("nobody", "get", "A", code=1, SEAWALL_SECRETS_KEY=lost)
    assert "does not open it" in said and lost not in said


def test_every_ssh_key_is_lost_but_there_is_the_drawer(office: Office) -> None:
    office.run("dana", "set", "A", given=VALUE)
    drawer = office.run("dana", "key").splitlines()[0]
    office.run("new", "key", "--import", given="AGE-SECRET-KEY-1XX\n", code=2)
    office.run("new", "key", "--import", given=f"{drawer}\n")
    assert office.run("new", "get", "A") == f"{VALUE}\n"
    office.people.clear()
    office.hire("new")
    office.run("new", "grant")
    for file in (office.team.homes / "new/share/seawall/keys").iterdir():
        file.unlink()
    assert office.run("new", "get", "A") == f"{VALUE}\n"


# Git between them


def branches(office: Office) -> None:
    for name in "BDF":
        office.run("dana", "set", name, given=name)
    office.git("init", "-q", "-b", "main")
    office.git("add", "-A")
    office.git("commit", "-qm", "x")
    office.git("checkout", "-qb", "other")


def commit(office: Office, *steps: tuple[str, ...]) -> None:
    for words in steps:
        office.run("dana", *words, given=f"new {words[-1]}")
    office.git("commit", "-qam", " ".join(steps[0]))


def test_two_people_change_different_values(office: Office) -> None:
    office.hire("li")
    branches(office)
    commit(office, ("set", "B"), ("set", "C"))
    office.git("checkout", "-q", "main")
    commit(office, ("set", "D"), ("set", "E"), ("rm", "F"))
    office.run("dana", "grant", "li")
    office.git("commit", "-qam", "li")
    office.git("merge", "-q", "other", "-m", "x")
    read = json.loads(office.run("li", "export", "--json"))["secrets"]
    assert read == {"B": "new B", "C": "new C", "D": "new D", "E": "new E"}


def test_two_people_change_the_same_value(office: Office) -> None:
    branches(office)
    commit(office, ("set", "D"))
    office.git("checkout", "-q", "main")
    office.run("dana", "set", "D", given="ours")
    office.git("commit", "-qam", "ours")
    office.git("merge", "-q", "other", "-m", "x", code=1)
    said = office.run("dana", "get", "D", code=1)
    assert "git could not merge two edits" in said and "keep every block" in " ".join(said.split())
    keep = re.sub(
        r"<<<<<<<.*\n((?:.*\n)*?)=======\n(?:.*\n)*?>>>>>>>.*\n", r"\1", office.file.read_text()
    )
    office.file.write_text(keep)
    assert office.run("dana", "get", "D") == "ours\n"
    assert office.run("dana", "get", "B") == "B\n"


def test_two_people_add_values_in_one_place(office: Office) -> None:
    branches(office)
    commit(office, ("set", "G"))
    office.git("checkout", "-q", "main")
    commit(office, ("set", "H"))
    office.git("merge", "-q", "other", "-m", "x", code=1)
    office.git("checkout", "-q", "--conflict=merge", "secrets/production.age")
    whole = re.sub(r"(<<<<<<<|=======|>>>>>>>).*\n", "", office.file.read_text())
    office.file.write_text(whole)
    read = json.loads(office.run("dana", "export", "--json"))["secrets"]
    assert read == {"B": "B", "D": "D", "F": "F", "G": "new G", "H": "new H"}


def test_a_value_that_crossed_with_a_revoke_is_named(office: Office) -> None:
    office.hire("li")
    office.run("dana", "grant")
    branches(office)
    commit(office, ("set", "Z"))
    armor = office.file.read_text().partition("value Z ")[2]
    office.git("checkout", "-q", "main")
    office.run("dana", "revoke", "li")
    office.file.write_text(f"{office.file.read_text()}\nvalue Z {armor}")
    assert "Z was changed by hand, or set while readers" in office.run("dana", "get", "Z", code=1)
    office.run("dana", "set", "Z", given="again")
    assert office.run("dana", "get", "Z") == "again\n"


# Rotation


@pytest.mark.parametrize(
    ("value", "owner"),
    [("sk_live_abcdefgh", "Stripe"), ("postgres://u:p@h/d", "address"), ("ghp_abcdef", "GitHub")],
)
def test_what_somebody_else_made_is_not_made_up(office: Office, value: str, owner: str) -> None:
    office.run("dana", "set", "A", given=value)
    assert owner in office.run("dana", "rotate", "A", code=2)
    office.run("dana", "rotate", "A", "--ask", "--keep-as", "A_OLD", given="fresh")
    assert office.run("dana", "get", "A") == "fresh\n"
    assert office.run("dana", "get", "A_OLD") == f"{value}\n"


# A command here


def test_a_command_finds_them_and_nobody_else_does(office: Office) -> None:
    office.team.describe(office.people, WEB)
    office.run("dana", "set", "A", given=VALUE)
    office.run("dana", "set", "B", given="other")
    show = ["--", "sh", "-c", 'echo "$A:$B:$SEAWALL_SECRETS_KEY"; ulimit -c; exit 7']
    key = office.run("dana", "key").splitlines()[0]
    ci = {"SEAWALL_SECRETS_KEY": key, "A": "shell"}
    assert office.ended("ci", "run", *show, **ci) == (7, f"{VALUE}:other:\n0\n")
    assert office.ended("dana", "run", "--app", "web", *show) == (7, f"{VALUE}::\n0\n")
    assert "cannot be started" in office.run("dana", "run", "--", "no-such-program", code=2)


# Editors


EDITOR = """\
#!{python}
import os, stat, sys, time
from pathlib import Path
file = Path(sys.argv[-1])
folder = file.parent
modes = oct(folder.stat().st_mode) + oct(file.stat().st_mode)
Path({seen!r}).write_text(f"{{folder}}\\n{{modes}}")
text = file.read_text()
(folder / "backup~").write_text(text)
{does}
"""
CHANGES = 'file.write_text(text.replace("A=1", "A=new") + "C=3\\n")'


def editor(office: Office, does: str) -> Path:
    seen = office.team.homes / "seen"
    script = office.team.homes / "editor"
    script.write_text(EDITOR.format(python=sys.executable, seen=str(seen), does=does))
    script.chmod(0o755)
    for name in "AB":
        office.run("dana", "set", name, given="1")
    return seen


def test_an_editor_changes_several_at_once(office: Office) -> None:
    seen = editor(office, f'text = text.replace("B=1\\n", "")\n{CHANGES}')
    said = office.run("dana", "edit", EDITOR=str(office.team.homes / "editor"))
    assert "A: kept, C: kept, B: taken out" in said
    folder, modes = seen.read_text().splitlines()
    assert folder.startswith("/dev/shm/") and modes == "0o407000o100600"
    assert not Path(folder).exists()
    read = json.loads(office.run("dana", "export", "--json"))["secrets"]
    assert read == {"A": "new", "C": "3"}


@pytest.mark.parametrize(
    ("does", "said"),
    [
        ("pass", "Nothing was changed."),
        ("sys.exit(3)", "so nothing was changed"),
        ('file.write_text("A=1\\nnot a pair\\n")', "production.env:2: is not NAME=value"),
    ],
)
def test_an_edit_that_changes_nothing_leaves_nothing(office: Office, does: str, said: str) -> None:
    seen = editor(office, does)
    before = office.file.read_bytes()
    code = {"pass": 0, "sys.exit(3)": 1}.get(does, 2)
    assert said in office.run("dana", "edit", code=code, EDITOR=str(office.team.homes / "editor"))
    assert office.file.read_bytes() == before
    assert not Path(seen.read_text().splitlines()[0]).exists()


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_an_edit_that_is_killed_leaves_nothing(office: Office, sent: signal.Signals) -> None:
    seen = editor(office, "time.sleep(30)")
    script = str(office.team.homes / "editor")
    edit = office.start("dana", "edit", EDITOR=script)
    limit = time.monotonic() + 20
    while not seen.exists() or not seen.read_text():
        assert time.monotonic() < limit
        time.sleep(0.02)
    os.kill(edit.pid, sent)
    with edit:
        edit.wait(timeout=20)
    folder = Path(seen.read_text().splitlines()[0])
    if sent == signal.SIGKILL:
        os.killpg(edit.pid, signal.SIGTERM)
        assert folder.stat().st_mode & 0o777 == 0o700
        editor(office, "pass")
        office.run("dana", "edit", EDITOR=script)
    assert not folder.exists()


def test_ctrl_c_is_the_editors(office: Office) -> None:
    editor(office, "import signal\nsignal.signal(2, lambda *a: sys.exit(130))\ntime.sleep(30)")
    environment = office.team.environment("dana") | {"EDITOR": str(office.team.homes / "editor")}
    session = Session("secrets", "edit", at=office.team.folder, **environment)
    seen = office.team.homes / "seen"
    limit = time.monotonic() + 20
    while not seen.exists() or not seen.read_text():
        assert time.monotonic() < limit
        time.sleep(0.02)
    session.send("\x03")
    assert session.end() == 1
    assert not Path(seen.read_text().splitlines()[0]).exists()
