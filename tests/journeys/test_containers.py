"""What a container runtime publishes is behind the firewall like everything else.

Docker and podman write address translation of their own, which sends a packet past every rule
about incoming packets. Their image here is one busybox; no registry is asked.
"""

import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import HTTPServer, SimpleHTTPRequestHandler
from pathlib import Path

import pytest
from conftest import Boot, Project, on
from visitors import answering_ports

from seawall import lab
from seawall.lab.record import LabServer

pytestmark = pytest.mark.machine
DATABASE, WEB, ODD, CACHE = 5432, 8080, 9999, 6379
SUBNET, DB_ADDRESS = "198.18.77.0/24", "198.18.77.10"
IMAGE = """
apt-get -q -y install --no-install-recommends docker.io busybox iptables >/dev/null 2>&1
mkdir -p /opt/box/bin /opt/box/www && cp /bin/busybox /opt/box/bin/ && echo hello > /opt/box/www/hi
ldd /bin/busybox | grep -o '/[^ ]*' | xargs -I {} cp --parents {} /opt/box
for name in sh wget httpd; do ln -sf busybox /opt/box/bin/$name; done
until docker info >/dev/null 2>&1; do sleep 0.1; done
tar -C /opt/box -c . | docker import - box >/dev/null
"""
RUN = f"""
docker network create --subnet {SUBNET} inner >/dev/null
box="docker run -d --restart always --stop-signal KILL --network inner"
$box --name db --ip {DB_ADDRESS} -p {DATABASE}:{DATABASE} box httpd -f -h /www -p {DATABASE}
$box --name web --ip 198.18.77.11 -p {WEB}:80 box httpd -f -h /www -p 80
$box --name odd --ip 198.18.77.12 -p {ODD}:{WEB} box httpd -f -h /www -p {WEB}
"""
OWN_RULES = (
    "iptables-save | grep '^[-:]' | sed 's/ \\[.*//' | sort; ip6tables-save | grep '^-'; true"
)
EVERYTHING = f"22,80,{DATABASE},{CACHE},{WEB},{ODD}"
DECLARED = {22: "open", WEB: "open"}
PODMAN = f"""
apt-get -q -y install --no-install-recommends podman netavark aardvark-dns >/dev/null 2>&1
tar -C /opt/box -c . | podman import - box >/dev/null 2>&1
podman network create moored
run="podman --runtime=runc run -d --pids-limit=-1 --network moored"
$run --name cache -p {CACHE}:{CACHE} localhost/box httpd -f -h /www -p {CACHE}
$run --name other localhost/box httpd -f -h /www -p {CACHE}
"""


@dataclass
class Harbour:
    """A server with containers that publish ports, declared and not."""

    server: LabServer
    project: Project
    rules: str = ""
    before: dict[str, dict[int, str]] = field(default_factory=dict)
    reached: bool = False

    def answers(self) -> list[dict[int, str]]:
        """What answers from outside, on IPv4 and IPv6."""
        return [answering_ports(a, EVERYTHING) for a in (self.server.address, self.server.address6)]


@pytest.fixture(scope="module")
def harbour(boot: Boot, projects: Callable[[], Project]) -> Harbour:
    server = boot("harbour", containers=True)
    on(server, IMAGE + RUN)
    harbour = Harbour(server, projects())
    for family, answers in zip("46", harbour.answers(), strict=True):
        harbour.before[family] = answers
    with a_way_to(server, SUBNET):
        harbour.reached = serves(f"http://{DB_ADDRESS}:{DATABASE}/hi")
    harbour.rules = on(server, OWN_RULES)
    harbour.project.describe(server, more=f"firewall: {{ open: [{WEB}] }}\n")
    harbour.project.run("apply", "--yes")
    return harbour


@pytest.fixture
def moored(harbour: Harbour) -> Iterator[Harbour]:
    """Two containers of podman's, one of which publishes a port."""
    on(harbour.server, PODMAN)
    yield harbour
    on(harbour.server, "podman --runtime=runc rm -f -t 0 cache other")


@pytest.mark.parametrize("family", ["4", "6"])
def test_a_bare_server_shows_what_docker_publishes(harbour: Harbour, family: str) -> None:
    opened = {port for port, answer in harbour.before[family].items() if answer == "open"}
    assert opened == {22, DATABASE, WEB, ODD}


def test_only_declared_published_ports_answer(harbour: Harbour) -> None:
    assert harbour.answers() == [DECLARED, DECLARED]
    assert serves(f"http://{harbour.server.address}:{WEB}/hi")
    assert serves(f"http://[{harbour.server.address6}]:{WEB}/hi")


def test_a_neighbour_cannot_walk_around_the_published_ports(harbour: Harbour) -> None:
    assert harbour.reached, "without a firewall whoever shares the network reaches containers"
    with a_way_to(harbour.server, SUBNET):
        assert not serves(f"http://{DB_ADDRESS}:{DATABASE}/hi")


def test_dockers_own_rules_are_as_they_were(harbour: Harbour) -> None:
    assert "DOCKER" in harbour.rules
    assert on(harbour.server, OWN_RULES) == harbour.rules


def test_containers_reach_each_other_and_the_world(harbour: Harbour, tmp_path: Path) -> None:
    (tmp_path / "hi").write_text("hello\n")
    with website(harbour.server, tmp_path) as address:
        for url in (f"http://db:{DATABASE}/hi", f"{address}/hi"):
            assert on(harbour.server, f"timeout 9 docker exec web wget -q -O - {url}") == "hello"


@pytest.mark.parametrize("event", ["systemctl restart docker", "systemctl restart nftables"])
def test_a_restart_opens_nothing_and_cuts_nothing_off(harbour: Harbour, event: str) -> None:
    on(harbour.server, f"{event} && docker start db web odd")
    assert harbour.answers() == [DECLARED, DECLARED]
    assert serves(f"http://{harbour.server.address}:{WEB}/hi")
    assert on(harbour.server, OWN_RULES) == harbour.rules


def test_podman_is_behind_it_too_and_its_names_resolve(moored: Harbour) -> None:
    fetch = f"timeout 9 podman --runtime=runc exec other wget -q -O - http://cache:{CACHE}/hi"
    assert on(moored.server, fetch) == "hello"
    assert on(moored.server, f"busybox wget -q -O - http://127.0.0.1:{CACHE}/hi") == "hello"
    assert moored.answers() == [DECLARED, DECLARED]


def test_a_reboot_opens_nothing(harbour: Harbour) -> None:
    lab.reboot(harbour.server.name)
    on(harbour.server, "until docker exec web sh -c : 2>/dev/null; do sleep 0.2; done")
    assert harbour.answers() == [DECLARED, DECLARED]
    assert serves(f"http://{harbour.server.address}:{WEB}/hi")
    assert on(harbour.server, OWN_RULES) == harbour.rules
    assert harbour.project.json("plan")["servers"][0]["changes"] == []


def serves(url: str) -> bool:
    """True when a web server answers there within two seconds."""
    fetch = ["curl", "-g", "-s", "-f", "--noproxy", "*", "--max-time", "2", url]
    return subprocess.run(fetch, capture_output=True, check=False).stdout == b"hello\n"


@contextmanager
def a_way_to(server: LabServer, subnet: str) -> Iterator[None]:
    """Send packets for the containers' own network to the server, as a neighbour could."""
    way = [subnet, "via", server.address]
    subprocess.run(["ip", "route", "add", *way], check=True)
    try:
        yield
    finally:
        subprocess.run(["ip", "route", "del", *way], check=True)


@contextmanager
def website(server: LabServer, folder: Path) -> Iterator[str]:
    """A web server on this machine, where the server's network ends: its outside."""
    outside = f"{server.address.rpartition('.')[0]}.1"
    handler = partial(Quiet, directory=str(folder))
    with HTTPServer((outside, 0), handler) as site:
        thread = threading.Thread(target=site.serve_forever)
        thread.start()
        try:
            yield f"http://{outside}:{site.server_port}"
        finally:
            site.shutdown()
            thread.join()


class Quiet(SimpleHTTPRequestHandler):
    """Serves files without a word about it."""

    def log_message(self, *words: object) -> None:
        """Say nothing."""
