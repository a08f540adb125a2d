"""Every kind of server that people rent, and every way in which one cannot be used as it is.

What cannot work says so before any change, in seconds, with what to do; nothing waits for ever.
"""

import socket
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pexpect
import pytest
from conftest import NOT_OF_THE_SERVER, Boot, Project, on
from visitors import Visitor

from seawall.lab.record import LabServer

pytestmark = pytest.mark.machine
KINDS: dict[str, dict[str, str]] = {
    "cloud": {"user": "debian"},
    "asked": {"user": "debian", "sudo": "password"},
    "trixie": {"release": "trixie"},
}
VERBS = (["check"], ["plan"], ["apply", "--yes"])
VARIABLE = "SEAWALL_SUDO_PASSWORD_FILE"
GONE = "  debian: { removed: true }\n"
UNTOUCHED = """\
test ! -e /var/lib/seawall && test ! -e /etc/sudoers.d/50-seawall && ! id dana 2>/dev/null && \
test -z "$(ls /etc/ssh/sshd_config.d)"
"""
SMALL_VAR = """
mkdir /run/small && mount -t tmpfs -o size=250m tmpfs /run/small
cp -a /var/lib /run/small/ && mount --bind /run/small /var
"""
OTHER_RELEASE = """
printf 'ID=plan9\\nVERSION_ID=4\\nPRETTY_NAME="Plan 9"\\n' > /run/os-release
mount --bind /run/os-release /usr/lib/os-release
"""
TWO_HOURS_BEHIND = """
import sys, time
real = time.time
time.time = lambda: real() - 7200
from seawall.cli import main
sys.argv = ["seawall", *sys.argv[1:]]
sys.exit(main())
"""


@dataclass
class Fleet:
    """One server of each kind, in one seawall.yml, and what was said on the way."""

    servers: dict[str, LabServer]
    project: Project
    secret: Path
    wrong: str = ""
    nobody: str = ""
    seconds: float = 0
    applied: str = ""

    def run(self, *words: str, code: int | None = 0) -> str:
        return self.project.run(*words, code=code, **{VARIABLE: str(self.secret)})


@pytest.fixture(scope="module")
def fleet(boot: Boot, projects: Callable[[], Project], tmp_path_factory: Any) -> Fleet:
    with ThreadPoolExecutor() as pool:
        booted = dict(
            zip(KINDS, pool.map(lambda kind: boot(kind, **KINDS[kind]), KINDS), strict=True)
        )
    project = projects().describe(*booted.values())
    fleet = Fleet(booted, project, tmp_path_factory.mktemp("secret") / "password")
    began = time.monotonic()
    fleet.nobody = project.run("plan", "asked", code=1)
    fleet.seconds = time.monotonic() - began
    fleet.secret.write_text("not-the-password\n")
    fleet.wrong = fleet.run("plan", "asked", code=1)
    fleet.secret.write_text(f"{booted['asked'].password}\n")
    fleet.applied = fleet.run("apply", "--yes")
    return fleet


def test_without_a_sudo_password_nothing_hangs(fleet: Fleet) -> None:
    assert "asked could not be planned ✗ sudo wants a password and nobody can be asked" in plain(
        fleet.nobody
    )
    assert VARIABLE in fleet.nobody and fleet.seconds < 10


def test_a_wrong_sudo_password_is_said_and_shown_nowhere(fleet: Fleet) -> None:
    assert "asked could not be planned ✗ sudo wants a password, and not this one" in plain(
        fleet.wrong
    )
    assert VARIABLE in fleet.wrong and "not-the-password" not in fleet.wrong
    assert str(fleet.servers["asked"].password) not in fleet.applied


@pytest.mark.parametrize("kind", KINDS)
def test_a_server_of_each_kind_becomes_what_was_declared(fleet: Fleet, kind: str) -> None:
    assert Visitor(fleet.servers[kind], "dana", fleet.servers[kind].key).is_root()
    assert on(fleet.servers[kind], "nft list table inet seawall | grep -c 'policy drop'") == "2"
    assert on(fleet.servers[kind], "sshd -T | grep -c 'passwordauthentication no'") == "1"


def test_a_second_apply_changes_nothing_and_needs_no_sudo_password(fleet: Fleet) -> None:
    events = fleet.project.events("apply", "--yes")
    [plan] = [event for event in events if event["type"] == "plan"]
    assert [(each["name"], each["changes"]) for each in plan["servers"]] == [(k, []) for k in KINDS]


def test_the_image_s_own_user_can_go_and_then_all_is_green(fleet: Fleet) -> None:
    text = (fleet.project.folder / "seawall.yml").read_text()
    fleet.project.describe(*fleet.servers.values(), more=GONE)
    fleet.project.run("apply", "--yes")
    check = ["check", *KINDS, *NOT_OF_THE_SERVER]
    found = fleet.project.json(*check, code=1)["findings"]
    assert len(found) == 1, found
    [left] = found
    assert left["id"] == "people.only-admins-sudo" and left["server"] == "cloud"
    on(fleet.servers["cloud"], left["fix"])
    verdict = fleet.project.json(*check)
    assert verdict["findings"] == [] and verdict["unknown"] == []
    (fleet.project.folder / "seawall.yml").write_text(text)


@pytest.fixture(scope="module")
def rented(boot: Boot, projects: Callable[[], Project]) -> tuple[LabServer, Project]:
    """A hardened server whose seawall.yml still says host: root@…"""
    server = boot("rented")
    project = projects().describe(server)
    path = project.folder / "seawall.yml"
    path.write_text(path.read_text().replace("host: rented", "host: root@rented"))
    project.run("apply", "--yes")
    return server, project


def test_later_commands_come_in_as_an_admin(rented: tuple[LabServer, Project]) -> None:
    server, project = rented
    assert not Visitor(server, "root", server.key).gets_in()
    project.run("plan", "--exit-code")
    assert "dana" in project.run("ssh", "rented", "--", "id", "-un")


def test_so_does_somebody_who_was_never_here_before(
    rented: tuple[LabServer, Project], tmp_path: Path
) -> None:
    _, project = rented
    project.run("plan", "--exit-code", XDG_STATE_HOME=str(tmp_path), TMPDIR=str(tmp_path))


@pytest.mark.parametrize("where", ["nobody-has-it", "nothing-listens", "it-is-dropped"])
def test_an_unreachable_server_is_said_within_ten_seconds(
    rented: tuple[LabServer, Project], projects: Callable[[], Project], where: str
) -> None:
    server, _ = rented
    host = {
        "nobody-has-it": server.address.rpartition(".")[0] + ".77",
        "nothing-listens": f"127.0.0.1:{free_port()}",
        "it-is-dropped": f"{server.address}:2222",
    }[where]
    project = projects().describe(server)
    path = project.folder / "seawall.yml"
    path.write_text(path.read_text().replace("host: rented", f"host: root@{host}"))
    began = time.monotonic()
    tried = [project.start(*verb) for verb in VERBS]
    for process in tried:
        with process:
            said = plain("".join(process.communicate(timeout=60)))
        assert process.returncode == 3, said
        assert "does not answer" in said and "try it by hand: ssh root@" in said
    # Eight seconds for the server and two for us; a crowded machine gets five more.
    assert time.monotonic() - began < 15


def test_a_changed_host_key_is_refused(fresh: Boot, projects: Callable[[], Project]) -> None:
    server = fresh(name="changed")
    fresh_key = "rm /etc/ssh/ssh_host_*; ssh-keygen -q -A; systemctl restart ssh"
    on(server, fresh_key)
    project = projects().describe(server)
    for verb in VERBS:
        said = plain(project.run(*verb, code=3))
        assert "the host key of root@changed is not the one you know" in said
        assert "ssh-keygen -R" in said
    on(server, UNTOUCHED)


def test_python3_is_missed_by_check_and_installed_by_apply(
    fresh: Boot, projects: Callable[[], Project]
) -> None:
    server = fresh(name="snakeless")
    on(server, "apt-get -y -q purge 'python3*' >/dev/null 2>&1; ! command -v python3")
    project = projects().describe(server)
    for verb in ("check", "plan", "apply"):
        said = plain(project.run(verb, code=1))
        assert "there is no python3" in said and "seawall apply installs it" in said, said
    terminal = pexpect.spawn(sys.executable, ["-m", "seawall", "apply"], cwd=project.folder)
    terminal.expect("there is no python3. Install it, to compare")
    terminal.sendline("n")
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus == 1
    on(server, f"! command -v python3 && {UNTOUCHED}")
    project.run("apply", "--yes")
    assert project.json("plan")["servers"][0]["changes"] == []


def test_everything_that_is_missing_is_named_before_any_change(
    fresh: Boot, projects: Callable[[], Project]
) -> None:
    server = fresh(name="poor")
    on(server, SMALL_VAR + OTHER_RELEASE)
    project = projects().describe(server)
    expected = ("MiB free, 300 are needed", "Plan 9 is not supported", "min ahead of yours")
    for verb in (["plan"], ["apply", "--yes"]):
        wrong_clock = [sys.executable, "-c", TWO_HOURS_BEHIND, *verb]
        done = subprocess.run(
            wrong_clock, cwd=project.folder, capture_output=True, text=True, check=False
        )
        assert done.returncode == 1
        assert all(part in plain(done.stdout + done.stderr) for part in expected)
        on(server, UNTOUCHED)


def plain(text: str) -> str:
    """Without the line breaks of a narrow screen."""
    return " ".join(text.split())


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])
