"""Interrupted anywhere, an apply leaves no half-written file, and the next one finishes the work.

Three rounds of five kinds are drawn at random; `SEAWALL_ROUNDS=25` draws more, `SEAWALL_SEED`
repeats.
"""

import os
import random
import signal
import time
from collections.abc import Callable

import pytest
from conftest import NOT_OF_THE_SERVER, Boot, Project, on

from seawall import lab
from seawall.lab.record import LabServer

pytestmark = [pytest.mark.machine, pytest.mark.journey]
SEED = int(os.environ.get("SEAWALL_SEED") or random.SystemRandom().randrange(10**6))
ROUNDS = int(os.environ.get("SEAWALL_ROUNDS", "3"))
FILES = (
    "/etc/nftables.conf",
    "/etc/ssh/sshd_config.d/00-seawall.conf",
    "/etc/sudoers.d/50-seawall",
    "/etc/apt/apt.conf.d/52seawall",
    "/etc/systemd/journald.conf.d/seawall.conf",
    "/etc/sysctl.d/99-zz-seawall.conf",
)
VALID = """
sshd -t && visudo -c -q && apt-config dump > /dev/null
test ! -e /etc/nftables.conf || ! command -v nft > /dev/null || nft -c -f /etc/nftables.conf
"""
UNDO = f"""
systemctl stop 'seawall-apply-*' 'seawall-revert.timer' 2>/dev/null
rm -rf /var/lib/seawall/job {" ".join(FILES[1:])} /etc/modprobe.d/seawall.conf
nft delete table inet seawall 2>/dev/null
install -d -m 700 /root/.ssh && cp /run/rootkeys /root/.ssh/authorized_keys
sed -i '/^ListenAddress/d' /etc/ssh/sshd_config; systemctl reload ssh
userdel -r dana 2>/dev/null; groupdel seawall-admin 2>/dev/null; true
"""
Interruption = Callable[[LabServer, object], None]


def kill_the_laptop(server: LabServer, process: object) -> None:
    process.send_signal(signal.SIGKILL)  # type: ignore[attr-defined]


def cut_the_connection(server: LabServer, process: object) -> None:
    lab.shell(server.name, "pkill -KILL -f 'sshd: .*@notty|sshd: .*\\[priv\\]'")


def kill_the_agent(server: LabServer, process: object) -> None:
    lab.shell(server.name, "pkill -KILL -f 'agent-.*pyz run'; pkill -KILL apt-get")


def cut_the_power(server: LabServer, process: object) -> None:
    lab.cut_power(server.name)


def reboot(server: LabServer, process: object) -> None:
    lab.reboot(server.name)


INTERRUPTIONS: tuple[Interruption, ...] = (
    kill_the_laptop,
    cut_the_connection,
    kill_the_agent,
    cut_the_power,
    reboot,
)
KINDS = random.Random(SEED).sample(INTERRUPTIONS, len(INTERRUPTIONS))


@pytest.fixture(scope="module")
def server(boot: Boot) -> LabServer:
    server = boot("interrupted")
    on(server, "cp /root/.ssh/authorized_keys /run/rootkeys; cp /run/rootkeys /var/backups/")
    return server


@pytest.fixture(scope="module")
def project(server: LabServer, projects: Callable[[], Project]) -> Project:
    return projects().describe(server, more="firewall: { open: [80, 443] }\n")


def contents(server: LabServer) -> dict[str, str]:
    """What the files hold, whole; a file that is not there is not in it."""
    there = (path for path in FILES if lab.shell(server.name, f"test -e {path}").returncode == 0)
    return {path: on(server, f"cat {path}") for path in there}


@pytest.fixture(scope="module")
def wanted(server: LabServer, project: Project) -> dict[str, str]:
    """What an apply that nobody interrupts writes."""
    project.run("apply", "--yes")
    return contents(server)


def seconds_of_an_apply() -> float:
    return 5.0


@pytest.mark.parametrize("turn", range(ROUNDS))
def test_the_next_apply_finishes_an_interrupted_one(
    server: LabServer, project: Project, wanted: dict[str, str], turn: int
) -> None:
    draw = random.Random(f"{SEED}-{turn}")
    interrupt = KINDS[turn % len(KINDS)]
    after = draw.uniform(0.2, seconds_of_an_apply())
    told = f"{interrupt.__name__} after {after:.2f} s (SEAWALL_SEED={SEED})"
    keep_root_keys(server)
    on(server, UNDO)
    before = contents(server)
    process = project.start("apply", "--yes")
    time.sleep(after)
    interrupt(server, process)
    process.communicate(timeout=120)
    lab.up(server.name)
    for path, text in contents(server).items():
        assert text in (before.get(path), wanted[path]), f"half a {path}: {told}"
    on(server, VALID)
    finish(project, told)
    assert contents(server) == wanted, told
    assert on(server, "find / -xdev -name '.seawall-*' -not -path '/proc/*' | wc -l") in "0"
    plan = project.json("plan")
    assert [each["changes"] for each in plan["servers"]] == [[]], told
    assert project.json("check", *NOT_OF_THE_SERVER)["findings"] == [], told


def keep_root_keys(server: LabServer) -> None:
    """/run is empty after a reboot."""
    on(server, "test -e /run/rootkeys || cp /var/backups/rootkeys /run/rootkeys")


def finish(project: Project, told: str) -> None:
    """Apply again; a second time when the first joined work that was interrupted itself."""
    for _ in range(3):
        said = project.start("apply", "--yes")
        out, err = said.communicate(timeout=200)
        if said.returncode == 0:
            return
        time.sleep(3)
    raise AssertionError(f"{told}\n{out}{err}")


def test_a_reload_that_is_owed_is_made_up_for(server: LabServer, project: Project) -> None:
    """The new file is in place and the agent is killed before sshd has read it."""
    project.run("apply", "--yes")
    on(
        server,
        """echo '{"reload": ["ssh"], "restart": []}' > /var/lib/seawall/owed.json""",
    )
    before = on(server, "systemctl show --property ExecReload --property StateChangeTimestamp ssh")
    [plan] = project.json("plan")["servers"]
    assert [change["feature"] for change in plan["changes"]] == ["pending"]
    reloads = "journalctl --unit ssh --no-pager | grep -c 'Received SIGHUP'"
    count = int(on(server, f"{reloads} || true"))
    project.run("apply", "--yes")
    assert int(on(server, f"{reloads} || true")) == count + 1, before
    assert project.json("plan")["servers"][0]["changes"] == []


def test_a_full_disk_leaves_the_old_file_and_says_so(
    server: LabServer, project: Project, wanted: dict[str, str]
) -> None:
    small = "mount -t tmpfs -o size=64k,mode=755 none /etc/apt/apt.conf.d"
    fill = "head -c 70000 /dev/zero > /etc/apt/apt.conf.d/zz-filler 2>/dev/null; true"
    on(server, f"{small}; echo '// old' > /etc/apt/apt.conf.d/52seawall; {fill}")
    try:
        said = project.run("apply", "--yes", code=1)
        assert "No space left on device" in " ".join(said.split())
        assert on(server, "cat /etc/apt/apt.conf.d/52seawall") == "// old"
        assert on(server, "ls -A /etc/apt/apt.conf.d") == "52seawall\nzz-filler"
    finally:
        on(server, "umount /etc/apt/apt.conf.d")
    project.run("apply", "--yes")
    assert contents(server) == wanted
