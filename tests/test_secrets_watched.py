"""Somebody watches this machine while secrets are set, edited, rotated and used, and sees none."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from test_secrets_verbs import VALUE, Office, editor, office

__all__ = ["office"]

SECOND = "tr0ub4dor-and-three-more-words"
WATCHER = f"""
import glob, os, sys
values = [bytes.fromhex(each) for each in ("{VALUE.encode().hex()}", "{SECOND.encode().hex()}")]
found, rounds = set(), 0
def read(path):
    try:
        content = open(path, "rb").read(1 << 20)
    except OSError:
        return False
    return any(value in content for value in values)
while not os.path.exists(sys.argv[1] + "/watched"):
    for path in glob.glob("/proc/[0-9]*/cmdline"):
        if read(path):
            found.add("arguments: " + open(path).read())
    for top in sys.argv[2:]:
        for folder, _, names in os.walk(top):
            for name in names:
                path = os.path.join(folder, name)
                if read(path) and not os.stat(path).st_mode & 0o077 == 0:
                    found.add(path)
    rounds += 1
    open(sys.argv[1] + "/watching", "w").close()
print(rounds, *sorted(found), sep="\\n")
"""


@pytest.fixture
def watched(office: Office, tmp_path: Path) -> Iterator[list[str]]:
    """What was seen in arguments and in files that others may read, once the test is over."""
    places = [str(office.team.homes), "/dev/shm"]
    words = [sys.executable, "-c", WATCHER, str(tmp_path), *places]
    seen: list[str] = []
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as watcher:
        until(tmp_path / "watching")
        yield seen
        (tmp_path / "watched").touch()
        rounds, *found = watcher.communicate(timeout=60)[0].splitlines()
    assert int(rounds) > 3
    assert not found


def until(path: Path) -> None:
    limit = time.monotonic() + 30
    while not path.exists() or (path.name == "seen" and not path.read_text()):
        assert time.monotonic() < limit, path
        time.sleep(0.02)


def piped(office: Office, value: str, *words: str) -> str:
    """The real program, given a value on stdin; what it says."""
    given = [sys.executable, "-m", "seawall", "secrets", *words]
    environment = office.team.environment("dana")
    done = subprocess.run(
        given, cwd=office.team.folder, env=environment, input=value, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def test_nobody_sees_a_value(office: Office, watched: list[str]) -> None:
    said = piped(office, VALUE, "set", "A")
    said += piped(office, SECOND, "rotate", "A", "--ask", "--keep-as", "A_OLD")
    said += office.ended("dana", "run", "--", "sh", "-c", "test $A_OLD = " + "$A_OLD; sleep 1")[1]
    editor(office, "time.sleep(1)\nfile.write_text(text.replace('B=1', 'B=2'))")
    said += office.ended("dana", "edit", EDITOR=str(office.team.homes / "editor"))[1]
    assert VALUE not in said and SECOND not in said
    state = [path for path in office.team.homes.rglob("*") if path.is_file()]
    assert len(state) > 5
    for path in state:
        assert VALUE not in path.read_text("latin-1"), path


def test_the_watcher_would_see_one(office: Office, tmp_path: Path) -> None:
    """A file that others may read, and an argument: both are what it looks for."""
    (tmp_path / "careless").write_text(VALUE)
    (tmp_path / "watched").touch()
    careless = subprocess.Popen(["sh", "-c", f"sleep 20; : {SECOND}"])
    words = [sys.executable, "-c", WATCHER.replace("while not", "for _ in [not"), str(tmp_path)]
    words[2] = words[2].replace('"/watched"):', '"/watched")]:')
    seen = subprocess.run(
        [*words, str(tmp_path)], capture_output=True, text=True, check=True
    ).stdout
    careless.kill()
    careless.wait()
    assert "careless" in seen and "arguments: sh" in seen


def test_no_core_dump_and_no_look_from_beside(office: Office) -> None:
    """While values are open: no core file; nobody else reads memory or environment."""
    seen = editor(office, "time.sleep(30)")
    edit = office.start("dana", "edit", EDITOR=str(office.team.homes / "editor"), LEAKED=VALUE)
    until(seen)
    proc = Path(f"/proc/{edit.pid}")
    core = re.search(r"Max core file size +(\d+)", (proc / "limits").read_text())
    assert core and core[1] == "0"
    for name in ("environ", "mem", "maps"):
        words = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "head", "-c1"]
        done = subprocess.run([*words, str(proc / name)], capture_output=True)
        assert done.returncode != 0, name
    os.kill(edit.pid, signal.SIGABRT)
    with edit:
        os.killpg(edit.pid, signal.SIGTERM)
        edit.wait(timeout=20)
    assert not [*office.team.folder.glob("core*")]


def test_a_bug_leaves_no_value_in_its_report(office: Office) -> None:
    """The whole program, broken on purpose where it holds a value."""
    office.run("dana", "set", "A", given=VALUE)
    broken = office.team.homes / "sitecustomize.py"
    broken.write_text(
        "import shlex\n"
        "from seawall.secrets import dotenv\n"
        "def text(values): raise RuntimeError(f'cannot write {values}')\n"
        "dotenv.text = text\n"
    )
    code, said = office.ended("dana", "export", PYTHONPATH=str(office.team.homes))
    assert code == 1 and "this is a bug in Seawall: RuntimeError" in said and VALUE not in said
    [report] = office.team.homes.rglob("bug-*.txt")
    assert "cannot write" in report.read_text() and VALUE not in report.read_text()
