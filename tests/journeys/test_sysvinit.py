"""A server with SysV init is made so, stays so, and locks nobody out, like one with systemd.

Each case is really tried, on one server that only its old root key opens before.
"""

import signal
import subprocess
import time
from collections.abc import Callable, Iterator

import pytest
from apps.site import Site, site
from conftest import NOT_OF_THE_SERVER, Boot, Project, on

from seawall import lab
from seawall.lab.record import LabServer

pytestmark = pytest.mark.machine
DROP_IN = "/etc/ssh/sshd_config.d/00-seawall.conf"
ARMED = "/var/lib/seawall/guard/armed.json"
SHUT_OUT = "ssh: { from: [198.51.100.0/24] }\n"
WITH_DOMAIN = """apps:
  shop:
    process: python3 -m http.server $PORT
    domain: shop.example
    certificate: internal
    supervisor: sysv
"""
INSIDE = """apps:
  shop:
    process: python3 app.py
    health: /healthz
    supervisor: sysv
    drain_seconds: 1
"""
ASK = """
import urllib.request as asking
port = open("/srv/apps/shop/upstreams/1").read()
print(asking.urlopen(f"http://127.0.0.1:{port}/", timeout=5).read().decode())
"""
AT_REST = f"""
test ! -e {ARMED} && test ! -e {DROP_IN} && test ! -e /etc/init.d/seawall-revert
test -z "$(nft list table inet seawall 2>/dev/null)"
! grep -q seawall /etc/inittab && ! ls /etc/rc?.d | grep seawall-revert && service ssh status
"""
SOON = "echo 0 > /run/seawall/guard-until"

WATCH = "/etc/cron.d/seawall-monitor"


@pytest.fixture(scope="module")
def server(boot: Boot) -> LabServer:
    return boot("oldinit", init="sysvinit")


@pytest.fixture
def project(projects: Callable[[], Project]) -> Project:
    return projects()


@pytest.fixture
def halfway(server: LabServer, project: Project) -> Iterator[Project]:
    """An apply that shuts us out, up to where only a proof is missing, and its caller dead."""
    process = project.describe(server, more=SHUT_OUT).start("apply", "--yes")
    ready = f"test -e {ARMED} && test -e {DROP_IN} && ! pgrep ssh-keygen"
    wait_for(lambda: says(server, ready), 120)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert not lets_root_in(server)
    yield project
    assert lets_root_in(server), "root's old key no longer opens the server"


def says(server: LabServer, script: str) -> bool:
    return lab.shell(server.name, f"set -e\n{script}").returncode == 0


def wait_for(true: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def lets_root_in(server: LabServer) -> bool:
    options = ["-o", "ControlPath=none", "-o", "BatchMode=yes", "-o", "ConnectTimeout=3"]
    ssh = ["ssh", "-F", str(server.ssh_config), *options, f"root@{server.name}", "true"]
    return subprocess.run(ssh, capture_output=True, check=False).returncode == 0


def test_when_everything_of_ours_is_killed_init_undoes_it(
    server: LabServer, halfway: Project
) -> None:
    """init starts what watches again, and that keeps to the time that was set."""
    on(server, "pkill -9 -f /usr/local/lib/seawall/[a]gent-")
    assert says(server, f"sleep 1; test -e {ARMED}")
    on(server, SOON)
    wait_for(lambda: says(server, AT_REST))


def test_when_the_power_fails_in_between_the_next_boot_undoes_it(
    server: LabServer, halfway: Project
) -> None:
    lab.cut_power(server.name)
    lab.up(server.name)
    wait_for(lambda: says(server, AT_REST))


def test_a_setting_that_kills_sshd_is_undone(server: LabServer, project: Project) -> None:
    """sshd -t accepts an address that the server does not have; sshd dies of it."""
    more = "ssh: { settings: { ListenAddress: 203.0.113.99 } }\n"
    said = project.describe(server, more=more).run("apply", "--yes", code=1)
    assert "undone" in said
    wait_for(lambda: says(server, AT_REST))
    assert lets_root_in(server)


def test_it_is_as_declared_also_after_a_reboot(server: LabServer, project: Project) -> None:
    project.describe(server, more="firewall: { open: [443] }\n").run("apply", "--yes")
    assert not lets_root_in(server)
    assert as_declared(project)
    lab.reboot(server.name)
    assert as_declared(project)
    on(server, "service rsyslog status && service cron status && nft list table inet seawall")


def test_what_only_systemd_can_do_is_refused_before_the_first_change(
    server: LabServer, project: Project
) -> None:
    project.describe(server, more=WITH_DOMAIN)
    said = " ".join(project.run("apply", "--yes", code=1).split())
    assert "the proxy of an app with a domain needs systemd, which does not run here" in said
    assert on(server, "ls /usr/local/bin /etc/systemd/system | grep caddy || true") == ""


def test_cron_watches_by_the_same_rules(server: LabServer, project: Project) -> None:
    """Its line, run as cron would: what is new is told once, and once that it is over."""
    line = on(server, f"sed -n 's/^[*] [*] [*] [*] [*] root //p' {WATCH}")
    on(server, line)
    on(server, "useradd eve && usermod -aG sudo eve")
    on(server, f"{line}\n{line}\ngpasswd --delete eve sudo\n{line}\n{line}")
    script = "cd /var/lib/seawall-monitor/outbox; for f in *; do grep -E 'kind|rule' $f; done"
    told = on(server, script).replace('"', "").replace(",", "").split()
    assert told[1::2] == ["fire", "new-admin", "resolve", "new-admin"]
    assert on(server, "stat -c %U /var/lib/seawall-monitor/judged.json") == "seawall-monitor"


@pytest.mark.journey
def test_an_app_is_back_after_a_kill_a_reboot_and_a_power_cut(
    server: LabServer, projects: Callable[[], Project]
) -> None:
    made = site(server, projects())
    made.project.describe(server, more=INSIDE)
    made.commit().project.run("apply", "--yes")
    made.deploy("shop")
    assert answers(made)
    assert made.kill("shop") <= 2000
    made.commit().deploy("shop")
    lab.reboot(server.name)
    wait_for(lambda: answers(made))
    lab.cut_power(server.name)
    lab.up(server.name)
    wait_for(lambda: answers(made))
    made.project.run("rollback", "shop", "--yes")
    made.version -= 1
    assert answers(made)


def answers(made: Site) -> bool:
    """The version that was committed last answers on the port of the release that serves."""
    return on(made.server, f"python3 -c '{ASK}' || true") == str(made.version)


def as_declared(project: Project) -> bool:
    """The plan is empty, and a check finds nothing and says what only systemd could tell."""
    project.run("plan", "--exit-code")
    verdict = project.json("check", *NOT_OF_THE_SERVER, code=1)
    unknown = {each["id"].split(".")[0] for each in verdict["unknown"]}
    return not verdict["findings"] and unknown == {"restarts"}


def test_nothing_of_ours_is_left_when_it_is_removed(server: LabServer, project: Project) -> None:
    project.describe(server).run("remove", server.name, "--confirm", server.name)
    on(
        server,
        "test ! -e /usr/local/lib/seawall && test ! -e /var/lib/seawall && ! test -e /run/seawall",
    )
    on(server, "! grep -q seawall /etc/inittab && test ! -e /etc/init.d/seawall-revert")
