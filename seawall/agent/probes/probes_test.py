"""Probes read what servers really hold, and survive what they should not."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

from seawall.agent import probes
from seawall.agent.probes import accounts, disks, firewall, listeners, packages, sshd, units
from seawall.agent.probes.public_keys import public_key, public_keys

DANA = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB0Yt0mCvWdpSu8mzYJt1M5rPtYWYhJr7eT4xO3nNtcF"
TCP = """\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1234 1
   1: 0100007F:1538 00000000:0000 0A 00000000:00000000 00:00000000 00000000   105        0 1235 1
   2: 0100007F:1538 0100007F:C001 01 00000000:00000000 00:00000000 00000000   105        0 1236 1
"""
TCP6 = """\
  sl  local_address                         remote_address st
   0: 00000000000000000000000001000000:1F90 0:0 0A 0:0 0:0 0 0 0 77
   1: B80D0120000000000000000001000000:01BB 0:0 0A 0:0 0:0 0 0 0 78
"""


def test_listening_sockets_are_read_from_proc() -> None:
    found = list(listeners.parsed(TCP, "tcp"))
    assert [(d.address, d.port, d.uid, d.inode) for d in found] == [
        ("0.0.0.0", 22, 0, "1234"),
        ("127.0.0.1", 5432, 105, "1235"),
    ]
    six = list(listeners.parsed(TCP6, "tcp"))
    assert [(d.address, d.port) for d in six] == [("::1", 8080), ("2001:db8::1", 443)]


@pytest.mark.parametrize(
    ("address", "reach"),
    [
        ("0.0.0.0", "everywhere"),
        ("::", "everywhere"),
        ("127.0.0.53", "local"),
        ("::1", "local"),
        ("fe80::1", "local"),
        ("10.0.0.5", "private"),
        ("::ffff:127.0.0.1", "local"),
        ("8.8.8.8", "everywhere"),
    ],
)
def test_how_far_an_address_reaches(address: str, reach: str) -> None:
    assert listeners.reach(address) == reach


@pytest.mark.parametrize(
    ("cgroup", "unit", "started_by"),
    [
        ("0::/system.slice/ssh.service", "ssh.service", "service"),
        ("0::/user.slice/user-0.slice/session-3.scope", "session-3.scope", "session"),
        (
            "0::/user.slice/user-1000.slice/user@1000.service/app.slice/app.service",
            "app.service",
            "user service",
        ),
        ("0::/system.slice/docker-0a1b.scope", "docker-0a1b.scope", "container"),
        ("0::/init.scope", "init.scope", "init"),
        ("", "", "init"),
    ],
)
def test_what_started_a_program(cgroup: str, unit: str, started_by: str) -> None:
    assert listeners.placed(cgroup) == {"unit": unit, "started_by": started_by}


def test_keys_are_found_behind_options_and_among_rubbish() -> None:
    lines = [
        "# dana's laptop",
        f"{DANA} dana on her laptop",
        f'from="10.0.0.0/8",command="echo ssh-rsa AAAA" {DANA} backup',
        "ssh-ed25519 not-base64",
        "\0\xff garbage",
        "",
    ]
    found = public_keys("\n".join(lines))
    assert [(key["comment"], key["limited"]) for key in found] == [
        ("dana on her laptop", False),
        ("backup", True),
    ]
    assert found[0]["fingerprint"].startswith("SHA256:")
    assert found[0]["bits"] == 256


def test_rsa_keys_tell_their_size(tmp_path: Path) -> None:
    import subprocess

    make = ["ssh-keygen", "-q", "-t", "rsa", "-b", "2048", "-N", "", "-f", str(tmp_path / "key")]
    subprocess.run(make, check=True)
    key = public_key((tmp_path / "key.pub").read_text())
    assert key is not None
    shown = ["ssh-keygen", "-lf", str(tmp_path / "key.pub")]
    bits, fingerprint = subprocess.run(shown, check=True, capture_output=True).stdout.split()[:2]
    assert (str(key["bits"]), key["fingerprint"]) == (bits.decode(), fingerprint.decode())


@pytest.mark.parametrize(
    ("field", "kind"),
    [
        ("", "empty"),
        ("!", "locked"),
        ("*", "locked"),
        ("!$6$x", "locked"),
        ("$y$j9T$x", "yescrypt"),
        ("$1$x", "md5"),
        ("abJnggxhB/yWI", "des"),
    ],
)
def test_how_a_password_is_stored(field: str, kind: str) -> None:
    assert accounts.hash_kind(field) == kind


def test_sudoers_are_read_without_defaults_and_comments() -> None:
    assert accounts.granted("%sudo ALL=(ALL:ALL) ALL")["all"]
    dana = accounts.granted("dana ALL=(ALL) NOPASSWD: ALL")
    assert (dana["who"], dana["all"], dana["no_password"]) == ("dana", True, True)
    assert not accounts.granted("deploy web1=(root) NOPASSWD: /usr/bin/systemctl restart app")[
        "all"
    ]
    for line in ("Defaults env_reset", "# dana ALL=ALL", "@includedir /etc/sudoers.d", ""):
        assert accounts.granted(line) == {}


def test_sshd_keywords_may_come_twice() -> None:
    assert sshd.parsed("port 22\nport 2222\nPermitRootLogin no\n") == {
        "port": ["22", "2222"],
        "permitrootlogin": ["no"],
    }


def test_units_are_told_apart() -> None:
    shown = "Id=a.service\nNRestarts=3\nX\n\nId=b.service\nExecStart=x=y\n\n\n"
    assert [unit["Id"] for unit in units.parsed(shown)] == ["a.service", "b.service"]


def test_the_status_of_packages() -> None:
    status = "Package: less\nStatus: hold ok installed\nArchitecture: amd64\nVersion: 590-2\n\n"
    assert list(packages.parsed(status)) == [
        packages.Package("less", "amd64", "590-2", "hold ok installed")
    ]
    assert packages.field("Package: x\nVersion: 1", "Nothing") == ""


def test_mounts_with_spaces_and_read_only() -> None:
    line = r"36 35 98:0 / /mnt/a\040b ro,noatime master:1 - ext4 /dev/sda1 rw"
    found = next(disks.parsed(line))
    assert (found["path"], found["type"], found["read_only"]) == ("/mnt/a b", "ext4", True)
    assert list(disks.parsed("garbage\n")) == []


def test_a_chain_that_ends_in_drop_is_closed() -> None:
    chain = {"family": "ip", "table": "filter", "name": "INPUT", "hook": "input", "type": "filter"}
    drop = {"rule": {**chain, "chain": "INPUT", "expr": [{"counter": {}}, {"drop": None}]}}
    closed = firewall._chains([{"chain": {**chain, "policy": "accept"}}, drop])
    assert [each["policy"] for each in closed] == ["drop"]


def _docker(port: int, *more: object) -> dict[str, object]:
    """A rule of Docker's as `nft -j` showed it on a server with docker.io 20.10."""
    left = {"payload": {"protocol": "tcp", "field": "dport"}}
    match = {"match": {"op": "==", "left": left, "right": port}}
    expressions = [*more, match, {"counter": {}}, {"xt": {"type": "target", "name": "DNAT"}}]
    return {"rule": {"family": "ip", "table": "nat", "chain": "DOCKER", "expr": expressions}}


def test_ports_that_docker_publishes_are_seen_unless_local() -> None:
    bridge = {"match": {"op": "!=", "left": {"meta": {"key": "iifname"}}, "right": "docker0"}}
    daddr = {"payload": {"protocol": "ip", "field": "daddr"}}
    local = {"match": {"op": "==", "left": daddr, "right": "127.0.0.1"}}
    found = firewall._redirects([_docker(5432, bridge), _docker(8000, bridge, local)])
    assert list(found) == [{"table": "ip nat", "port": 5432}]


def test_every_probe_answers_whatever_happens() -> None:
    answers = probes.run([*probes.PROBES, "nonsense"])
    assert answers.keys() == {*probes.PROBES, "nonsense"}
    assert "unknown" in answers["nonsense"]
    crashes = {n: a["unknown"] for n, a in answers.items() if "unknown" in a and "Error" in str(a)}
    assert not {n: why for n, why in crashes.items() if n != "nonsense"}


def test_the_agent_speaks_python_3_9() -> None:
    for path in Path(probes.__file__).parent.glob("*.py"):
        if not path.name.endswith("_test.py"):
            ast.parse(path.read_text(), feature_version=(3, 9))
            assert "from __future__ import annotations" in path.read_text(), path.name


IMPORTS = """
import json, sys, threading
found = []
class Watch:
    def find_spec(self, name, path=None, target=None):
        if name.startswith("seawall.agent.") and threading.current_thread() is not main:
            found.append(name)
main = threading.current_thread()
sys.meta_path.insert(0, Watch())
from seawall.agent import probes
probes.run(["mariadb", "postgres", "redis", "strays", "backups", "disks"])
print(json.dumps(found))
"""


def test_probes_do_not_import_side_by_side() -> None:
    """Two that import parts of one package at once wait for each other, and one of them fails."""
    done = subprocess.run([sys.executable, "-c", IMPORTS], capture_output=True, check=True)
    assert json.loads(done.stdout) == []
