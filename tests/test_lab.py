"""The lab: real servers that boot, reboot, lose their power, and leave nothing behind.

The tests look only for what their own servers added, so other labs on this machine may come
and go meanwhile.
"""

import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from seawall import lab
from seawall.errors import ConfigError, SeawallError
from seawall.lab import base, network, preflight
from seawall.lab.record import LabServer

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module", autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A lab of our own, away from the user's."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("lab")
        patch.setenv("SEAWALL_LAB_HOME", str(folder))
        yield folder
        lab.down_all()


@pytest.fixture(scope="module")
def web(home: Path) -> LabServer:
    return lab.up("web")


def ssh(server: LabServer, script: str) -> str:
    """Run it by ssh, accepting only the host key the lab registered."""
    strict = ["-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=yes"]
    command = ["ssh", "-F", str(server.ssh_config), *strict, server.name, script]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def seawall(*words: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "seawall", *words],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=200,
    )


def traces(server: LabServer) -> dict[str, list[str]]:
    """Everything on this machine that mentions the server, by where it was found."""
    listings = {
        "addresses": ["ip", "-o", "address"],
        "routes": ["ip", "-o", "route", "show", "table", "all"],
        "rules": ["nft", "list", "ruleset"],
        "older rules": ["iptables", "-S"],
        "older nat": ["iptables", "-t", "nat", "-S"],
        "mounts": ["cat", "/proc/mounts"],
        "groups": ["find", "/sys/fs/cgroup", "-maxdepth", "3", "-name", "seawall-lab*"],
        "files": ["find", "/run/systemd/nspawn", "/run/seawall-lab", str(server.folder)],
        "processes": ["ps", "-A", "-o", "args"],
    }
    subnet = str(network.subnet_of(server.interface)).removesuffix("0/24")
    marks = (server.interface, server.interface.replace("-", "_"), subnet, str(server.folder))
    # Another server's number may begin with the digits of this one's.
    whole = (re.escape(mark) + ("" if mark.endswith(".") else r"(?!\d)") for mark in marks)
    known = re.compile("|".join(whole))
    found = {}
    for what, command in listings.items():
        lines = _lines(command) if shutil.which(command[0]) else []
        found[what] = [line for line in lines if known.search(line)]
    return {what: lines for what, lines in found.items() if lines}


def _lines(command: list[str]) -> list[str]:
    lines = subprocess.run(command, capture_output=True, text=True).stdout.splitlines()
    return [line for line in lines if " ".join(command) not in line]


def greeting(address: str) -> bytes:
    with socket.create_connection((address, 22), timeout=2) as connection:
        return connection.recv(4)


@pytest.mark.machine
class TestRunningServer:
    def test_ssh_knows_its_key_and_its_name(self, web: LabServer) -> None:
        assert ssh(web, "hostname; whoami; . /etc/os-release; echo $VERSION_CODENAME") == (
            "web\nroot\nbookworm"
        )

    def test_answers_on_both_protocols(self, web: LabServer) -> None:
        assert greeting(web.address) == greeting(web.address6) == b"SSH-"

    def test_is_healthy_and_bare(self, web: LabServer) -> None:
        assert ssh(web, "systemctl is-system-running --wait") == "running"
        assert ssh(web, "! command -v nft unattended-upgrade && hostname -f") == "web"
        settings = ssh(web, "sshd -T").splitlines()
        assert {"permitrootlogin yes", "passwordauthentication yes"} <= set(settings)

    def test_reaches_its_package_sources(self, web: LabServer) -> None:
        assert "bookworm-security" in ssh(web, "apt-get update")

    def test_packages_of_one_are_there_for_the_next(self, web: LabServer) -> None:
        ssh(web, "cd /var/cache/apt/archives && apt-get download -qq hello")
        other = lab.up("next")
        try:
            assert "hello_" in ssh(other, "ls /var/cache/apt/archives")
        finally:
            lab.down("next")

    def test_reboots(self, web: LabServer) -> None:
        ssh(web, "touch /run/before /root/kept")
        lab.reboot("web")
        assert ssh(web, "ls /run/before /root/kept 2>/dev/null || true") == "/root/kept"
        assert greeting(web.address) == greeting(web.address6) == b"SSH-"

    def test_loses_its_power_and_keeps_its_disk(self, web: LabServer) -> None:
        ssh(web, "touch /run/before; echo on > /root/disk")
        lab.cut_power("web")
        assert not lab.is_running("web")
        with pytest.raises(OSError):
            greeting(web.address)
        assert lab.up("web").address == web.address
        assert ssh(web, "cat /root/disk; ls /run/before 2>&1 >/dev/null | wc -l") == "on\n1"

    def test_has_a_console_when_ssh_is_shut(self, web: LabServer) -> None:
        try:
            assert lab.shell("web", "systemctl stop ssh; hostname; exit 3").returncode == 3
            assert lab.shell("web", "systemctl is-active ssh").stdout.strip() == "inactive"
        finally:
            lab.shell("web", "systemctl start ssh")

    def test_iptables_rules_come_and_go(self, web: LabServer) -> None:
        """Here the rules are of nft's kind; the older kind is tried inside the server."""
        ssh(web, "DEBIAN_FRONTEND=noninteractive apt-get install -qq -y iptables")
        listed = "iptables -S; iptables -t nat -S"
        before = ssh(web, listed)
        rules, undo = network._by_iptables("sw-9-8")
        ssh(web, "; ".join(map(shlex.join, rules)))
        assert ssh(web, listed).count("sw-9-8 -j ACCEPT") == 2
        assert "-s 10.9.8.0/24 ! -o sw-+ -j MASQUERADE" in ssh(web, listed)
        ssh(web, "; ".join(map(shlex.join, undo)))
        assert ssh(web, listed) == before

    def test_up_again_leaves_it_alone(self, web: LabServer) -> None:
        ssh(web, "touch /run/still-here")
        assert lab.up("web").address == web.address
        ssh(web, "ls /run/still-here")

    def test_up_with_other_wishes_is_refused(self, web: LabServer) -> None:
        with pytest.raises(SeawallError, match="already exists with bookworm"):
            lab.up("web", release="trixie")

    def test_nobody_else_can_read_the_lab(self, web: LabServer, home: Path) -> None:
        private = [home / "id_ed25519", web.folder / "server.json"]
        assert [path.stat().st_mode & 0o777 for path in private] == [0o600, 0o600]
        assert home.stat().st_mode & 0o777 == 0o700


@pytest.mark.machine
def test_down_leaves_nothing_behind() -> None:
    server = lab.up("brief")
    assert {"addresses", "routes", "mounts", "groups", "files", "processes"} <= set(traces(server))
    assert {"rules", "older rules"} & set(traces(server))
    disk = server.root.stat()
    lock = Path(f"/run/systemd/nspawn/locks/inode-{disk.st_dev}:{disk.st_ino}")
    assert lock.exists()
    lab.down("brief")
    assert traces(server) == {}
    assert not lock.exists()
    assert "brief" not in server.ssh_config.read_text()


@pytest.mark.machine
def test_an_interrupted_up_is_put_right() -> None:
    script = (
        "import os; from seawall import lab; from seawall.lab import disk\n"
        "disk.furnish = lambda server: os.kill(os.getpid(), 9)\nlab.up('half')"
    )
    killed = subprocess.run([sys.executable, "-c", script], cwd=ROOT)
    assert killed.returncode == -signal.SIGKILL
    server = lab.up("half")
    assert ssh(server, "hostname") == "half"
    lab.down("half")
    assert traces(server) == {}


@pytest.mark.machine
def test_a_server_that_does_not_boot_is_taken_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seawall.lab.machine.PATIENCE", 1.0)
    with ThreadPoolExecutor(1) as pool:
        failure = pool.submit(lab.up, "slow").exception()
    assert isinstance(failure, SeawallError), "nothing boots in a second here"
    assert "still not answering by ssh" in failure.problem
    assert "slow" not in [server.name for server in lab.servers()]
    assert Path(failure.hint.removeprefix("look at ")).exists()


@pytest.mark.machine
def test_a_strict_umask_does_not_reach_into_the_server() -> None:
    up = [sys.executable, "-m", "seawall", "lab", "up", "strict", "--user", "debian", "--json"]
    assert subprocess.run(up, cwd=ROOT, capture_output=True, umask=0o077).returncode == 0
    server = lab.find("strict")
    assert ssh(server, "cat /etc/hosts /etc/machine-id /etc/apt/sources.list | wc -l") == "7"
    assert ssh(server, "stat -c %a / /var /etc /var/cache/apt/archives").split() == ["755"] * 4
    lab.down("strict")


@pytest.mark.machine
def test_two_labs_at_once(tmp_path: Path) -> None:
    homes = [str(tmp_path / "one"), str(tmp_path / "two")]

    def twin(home: str) -> "subprocess.CompletedProcess[str]":
        return seawall("lab", "up", "twin", "--json", SEAWALL_LAB_HOME=home)

    try:
        with ThreadPoolExecutor(2) as pool:
            done = list(pool.map(twin, homes))
        one, two = (json.loads(each.stdout) for each in done)
        assert [each.stderr for each in done] == ["", ""]
        assert one["address"] != two["address"]
        assert greeting(one["address"]) == greeting(two["address"]) == b"SSH-"
    finally:
        codes = [seawall("lab", "down", "--all", SEAWALL_LAB_HOME=h).returncode for h in homes]
    assert codes == [0, 0]


@pytest.mark.machine
def test_several_at_once_share_nothing_they_should_not() -> None:
    with ThreadPoolExecutor(3) as pool:
        three = list(pool.map(lambda _: lab.up(), range(3)))
    one_line = "cat /etc/machine-id /etc/ssh/ssh_host_ed25519_key.pub | tr -d '\\n'"
    assert len({server.address for server in three}) == 3
    assert len({ssh(server, one_line) for server in three}) == 3
    assert ssh(three[0], f"ping -c 1 -W 2 {three[1].address} >/dev/null; echo $?") == "0"
    for server in three:
        lab.down(server.name)


@pytest.mark.machine
def test_sysvinit_boots_and_reboots() -> None:
    server = lab.up("old", init="sysvinit")
    assert ssh(server, "readlink /proc/1/exe; ls /run/systemd/system 2>&1 | wc -l") == (
        "/usr/sbin/init\n1"
    )
    ssh(server, "touch /run/before")
    lab.reboot("old")
    assert ssh(server, "ls /run/before 2>/dev/null | wc -l; pgrep -c cron") == "0\n1"
    assert greeting(server.address6) == b"SSH-"
    lab.down("old")


@pytest.mark.machine
def test_trixie_boots() -> None:
    server = lab.up("newer", release="trixie")
    assert ssh(server, "systemctl is-system-running --wait; cat /etc/debian_version")[:10] == (
        "running\n13"
    )
    assert "trixie-security" in ssh(server, "apt-get update")
    lab.down("newer")


@pytest.mark.machine
def test_a_cloud_user_has_sudo_and_root_has_no_key() -> None:
    server = lab.up("cloud", user="debian")
    assert ssh(server, "whoami; sudo -n whoami") == "debian\nroot"
    assert ssh(server, "sudo ls /root/.ssh/authorized_keys 2>&1 | wc -w") != "1"
    assert server.password is None
    lab.down("cloud")


@pytest.mark.machine
def test_a_user_who_must_type_a_password() -> None:
    server = lab.up("typed", user="admin", sudo="password")
    assert ssh(server, "sudo -n true 2>/dev/null; echo $?") == "1"
    assert ssh(server, f"echo '{server.password}' | sudo -S whoami 2>/dev/null") == "root"
    lab.down("typed")


@pytest.mark.machine
def test_containers_have_an_overlay_of_their_own() -> None:
    server = lab.up("boxes", containers=True)
    mount = (
        "cd /var/lib/docker && mkdir u w m && "
        "mount -t overlay -o lowerdir=/usr,upperdir=u,workdir=w o m"
    )
    assert ssh(server, f"{mount} && ls m/bin/env; ls -d /dev/fuse") == "m/bin/env\n/dev/fuse"
    lab.down("boxes")


@pytest.mark.machine
def test_a_folder_with_a_space_in_its_name(tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEAWALL_LAB_HOME", str(tmp_path / "my lab"))
        server = lab.up()
        try:
            assert ssh(server, "hostname") == server.name == "lab1"
        finally:
            lab.down_all()


@pytest.mark.machine
def test_prune_takes_what_is_dead_and_leaves_the_rest(web: LabServer) -> None:
    lab.cut_power(lab.up("dead").name)
    assert lab.prune() == ["dead"]
    assert lab.is_running("web")


@pytest.mark.machine
def test_the_command_line(web: LabServer) -> None:
    listed = seawall("lab", "list", "--json")
    assert [each["name"] for each in json.loads(listed.stdout)] == ["web"]
    assert seawall("lab", "ssh", "web", "exit 7").returncode == 7
    assert seawall("lab", "ssh", "web", "--", "ls", "-d", "/root").stdout == "/root\n"
    assert seawall("lab", "down").returncode == 2
    assert seawall("lab", "down", "nobody").returncode == 1
    assert seawall("lab", "up", "web", "--init", "upstart").returncode == 2


@pytest.mark.parametrize("verb", ["up", "list", "ssh", "reboot", "cut-power", "down"])
def test_every_verb_says_its_purpose_examples_and_exit_codes(verb: str) -> None:
    told = seawall("lab", verb, "--help").stdout
    assert all(f"\n{part}:\n" in told for part in ("Examples", "Exit codes"))
    assert max(map(len, told.splitlines())) <= 80


@pytest.mark.parametrize("name", ["Web", "1web", "we_b", "", "a" * 32, "../x"])
def test_odd_names_are_refused(name: str) -> None:
    with pytest.raises(ConfigError, match="letters, digits and dashes"):
        lab.up(name)


def test_everything_missing_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setattr("shutil.which", lambda tool: None if tool in missing else f"/bin/{tool}")
    missing = {"systemd-nspawn", "mmdebstrap", "nft", "iptables"}
    with pytest.raises(SeawallError, match="missing on this machine: mmdebstrap, nft, systemd-ns"):
        preflight.require()
    with pytest.raises(SeawallError) as caught:
        preflight.require()
    assert caught.value.hint == "apt-get install mmdebstrap nftables systemd-container"


def test_only_root_on_linux(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    with pytest.raises(SeawallError, match="needs root"):
        preflight.require()
    monkeypatch.setattr("sys.platform", "darwin")
    with pytest.raises(SeawallError, match="needs Linux"):
        preflight.require()


@pytest.mark.machine
def test_a_failed_build_leaves_no_base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "bin" / "mmdebstrap"
    broken.parent.mkdir()
    broken.write_text('#!/bin/sh\nmkdir -p "$5"\necho "E: no such mirror" >&2\nexit 1\n')
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", f"{broken.parent}:{os.environ['PATH']}")
    monkeypatch.setenv("SEAWALL_LAB_CACHE", str(tmp_path / "cache"))
    with pytest.raises(SeawallError, match="no such mirror"):
        base.ready("bookworm", "systemd", lambda text: None)
    assert [path.name for path in (tmp_path / "cache").glob("*") if path.is_dir()] == []


@pytest.mark.machine
def test_a_subnet_in_use_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    free = next(network._candidates())
    wide = network.IPv4Network(f"{free.network_address}/17", strict=False)
    monkeypatch.setattr(network, "_taken", lambda: [wide])
    monkeypatch.setattr(network, "claim", lambda interface, name: True)
    assert not network.subnet_of(network.reserve("any")).overlaps(wide)


@pytest.mark.machine
def test_routes_and_resolvers_count_as_in_use(web: LabServer) -> None:
    taken = network._taken()
    assert network.subnet_of(web.interface) in taken
    resolvers = {word for word in network.resolvers().split() if "." in word}
    assert resolvers <= {str(used.network_address) for used in taken}
    assert all(used.prefixlen for used in taken), "a default route takes nothing"
