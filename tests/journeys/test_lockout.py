"""Nobody is locked out: a change that would is refused, or undone by itself within 60 s.

Each case is really tried, on a server that only its old root key opens before and after.
"""

import signal
import subprocess
import time
from collections.abc import Callable, Iterator

import pytest
from conftest import PEOPLE, Boot, Project, on

from seawall import lab
from seawall.lab.record import LabServer

pytestmark = pytest.mark.machine
DROP_IN = "/etc/ssh/sshd_config.d/00-seawall.conf"
STRANGER = "people:\n  dana: {{{{ keys: [{other}], admin: true }}}}\n"
AT_REST = (
    "! systemctl list-units --plain --no-legend 'seawall-apply-*' 'seawall-revert*' | grep -q ."
)
PROVIDER = """
nft add table inet provider
nft add chain inet provider input '{ type filter hook input priority -100; }'
nft add rule inet provider input tcp dport 2222 drop
"""


@pytest.fixture(scope="module")
def server(boot: Boot) -> LabServer:
    return boot("lockout")


@pytest.fixture
def project(server: LabServer, projects: Callable[[], Project]) -> Iterator[Project]:
    """A project whose apply must fail; after it root comes in as before, and nobody else may."""
    yield projects()
    wait_for(lambda: lab.shell(server.name, AT_REST).returncode == 0)
    assert lets_root_in(server), "root's old key no longer opens the server"
    on(server, 'test -z "$(nft list table inet seawall 2>/dev/null)"')
    on(server, f"test ! -e {DROP_IN} && test ! -e /var/lib/seawall/guard/armed.json")
    on(server, "systemctl is-active ssh && ! systemctl is-enabled seawall-revert.service")


def lets_root_in(server: LabServer) -> bool:
    """A new connection, as somebody would make it who never heard of Seawall."""
    options = ["-o", "ControlPath=none", "-o", "BatchMode=yes", "-o", "ConnectTimeout=5"]
    ssh = ["ssh", "-F", str(server.ssh_config), *options, f"root@{server.name}", "true"]
    return subprocess.run(ssh, capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ("ssh: { from: [198.51.100.0/24] }\n", "timed out"),
        ("ssh: { allow_groups: [nobody-is-here] }\n", "Permission denied"),
        ("ssh: { settings: { AuthorizedKeysFile: /nowhere } }\n", "Permission denied"),
    ],
    ids=["firewall-closes-us-out", "allow-groups-without-us", "keys-are-not-read"],
)
def test_a_change_that_shuts_us_out_is_undone(
    server: LabServer, project: Project, more: str, reason: str
) -> None:
    armed = "test -e /var/lib/seawall/guard/armed.json"
    process = project.describe(server, more=more).start("apply", "--yes")
    # Packages come first, and take as long as they take; the minute begins with the change.
    wait_for(
        lambda: process.poll() is not None or lab.shell(server.name, armed).returncode == 0, 200
    )
    began = time.monotonic()
    said = "".join(process.communicate(timeout=100))
    assert process.returncode == 1
    assert "every change to ssh and firewall was undone" in " ".join(said.split())
    assert reason in said
    assert time.monotonic() - began < 60


def test_a_port_that_the_provider_blocks_is_undone(server: LabServer, project: Project) -> None:
    on(server, PROVIDER)
    project.describe(server, more="ssh: { port: 2222 }\n").run("apply", "--yes", code=1)
    on(server, "nft delete table inet provider; ! ss -Hltn 'sport = 2222' | grep -q .")


def test_an_admin_whose_private_key_is_not_here_is_undone(
    server: LabServer, project: Project
) -> None:
    people = STRANGER.format(other=project.keypair("other"))
    said = project.describe(server, people=people).run("apply", "--yes", code=1)
    assert "a new login as dana did not work" in " ".join(said.split())


def test_a_setting_that_sshd_refuses_changes_nothing(server: LabServer, project: Project) -> None:
    more = "ssh: { settings: { NoSuchKeyword: yes } }\n"
    said = project.describe(server, more=more).run("apply", "--yes", code=1)
    assert "badconfigurationoption:nosuchkeyword" in "".join(said.lower().split())
    assert "nothing was changed" in said


def test_a_drop_in_that_already_breaks_sshd_changes_nothing(
    server: LabServer, project: Project
) -> None:
    on(server, "echo Nonsense > /etc/ssh/sshd_config.d/99-other.conf")
    said = project.describe(server).run("apply", "--yes", code=1)
    assert "99-other.conf" in said and "Nonsense" in said
    on(server, "rm /etc/ssh/sshd_config.d/99-other.conf")


def test_a_setting_that_kills_sshd_is_undone(server: LabServer, project: Project) -> None:
    """sshd -t accepts an address that the server does not have; sshd dies of it."""
    more = "ssh: { settings: { ListenAddress: 203.0.113.99 } }\n"
    said = project.describe(server, more=more).run("apply", "--yes", code=1)
    assert "undone" in said


def armed(server: LabServer, process: "subprocess.Popen[str]") -> None:
    """Wait until the new rules are in use and only a proof is missing."""
    there = "test -e /var/lib/seawall/guard/armed.json && ss -Htln 'sport = 22' | grep -q 22"
    ready = f"{there} && test -e {DROP_IN} && ! pgrep ssh-keygen"
    for _ in range(600):
        assert process.poll() is None
        if lab.shell(server.name, ready).returncode == 0:
            return
        time.sleep(0.05)
    raise AssertionError("the guard was never armed")


def test_when_the_laptop_dies_the_server_undoes_it_alone(
    server: LabServer, project: Project
) -> None:
    project.describe(server, more="ssh: { from: [198.51.100.0/24] }\n")
    process = project.start("apply", "--yes")
    armed(server, process)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert not lets_root_in(server)
    began = time.monotonic()
    while not lets_root_in(server):
        assert time.monotonic() - began < 65
        time.sleep(1)


def test_when_the_power_fails_in_between_the_next_boot_undoes_it(
    server: LabServer, project: Project
) -> None:
    project.describe(server, more="ssh: { from: [198.51.100.0/24] }\n")
    process = project.start("apply", "--yes")
    armed(server, process)
    lab.cut_power(server.name)
    process.kill()
    process.communicate()
    boot_again(server)
    wait_for(lambda: lab.shell(server.name, f"test ! -e {DROP_IN}").returncode == 0)


def boot_again(server: LabServer) -> None:
    lab.up(server.name)


def wait_for(true: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.2)


def test_a_good_change_stays(server: LabServer, projects: Callable[[], Project]) -> None:
    projects().describe(server, people=PEOPLE).run("apply", "--yes")
    assert not lets_root_in(server)
    on(server, f"test -e {DROP_IN} && ! test -e /var/lib/seawall/guard/armed.json")
