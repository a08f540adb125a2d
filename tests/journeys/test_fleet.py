"""One app on two servers, each behind the other's proxy, with visitors at both who never retry."""

import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from apps.load import Load
from apps.site import Site, site
from authority import Authority
from conftest import Boot, Project, on

from seawall.features.scalability.peers import Peers
from seawall.features.scalability.peers_test import SABOTAGES
from seawall.lab.record import LabServer

pytestmark = [pytest.mark.machine, pytest.mark.journey]
UPLOADS = "uploads: [/srv/shop]"
CRASH = "/srv/shop/crash"
PUBLIC = """\
tls: {{ acme: "{directory}", acme_roots: roots.pem }}
apps:
{apps}  site:
    process: python3 app.py
    domain: site.example
    health: /healthz
"""


@pytest.fixture(scope="module")
def fleet(
    boot: Boot, projects: Callable[[], Project], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """Two servers, two apps on both; a third one's domain has certificates by ACME."""
    servers = boot("fleet1"), boot("fleet2")
    made = site(servers[0], projects())
    made.beside = (servers[1],)
    describe(made).commit()
    made.project.run("apply", "--yes")
    made.deploy("shop")
    made.deploy("blog")
    yield made


def describe(made: Site, more: str = "", blog: str = "instances: 2") -> Site:
    return made.describe(shop=f"{UPLOADS}\n{more}", blog=blog)


def both(fleet: Site) -> tuple[Site, Site]:
    """The site as visitors of each server see it."""
    return fleet, fleet.at(fleet.beside[0])


def whole(fleet: Site) -> None:
    """Both serve the same, and nothing else is left over."""
    for app in ("shop", "blog"):
        assert len({each.serving(app) for each in both(fleet)}) == 1
        for each in both(fleet):
            each.whole(app)


def visited(fleet: Site, folder: Path, *modes: str) -> list[Load]:
    """Visitors of the shop at each server."""
    found = []
    for each in both(fleet):
        mine = folder / each.server.name
        mine.mkdir(exist_ok=True)
        found.append(Load("shop.example", each.server.address, mine).start(*modes))
    return found


def unnoticed(loads: list[Load]) -> None:
    for load in loads:
        seen = load.end()
        assert (seen.failures, seen.left_out) == ({}, 0)
        assert seen.requests > 100
        assert seen.longest <= 1000
        assert set(seen.sockets) <= {"1000", "1001"}
        assert seen.sockets.total() < 50  # closed once by each change, and not again and again


def unit(each: Site) -> str:
    return f"app-shop-{each.serving('shop')}-1"


def test_nobody_notices_releases_or_a_changed_proxy(fleet: Site, tmp_path: Path) -> None:
    """Of the code, of the environment alone, of another app, and back again."""
    loads = visited(fleet, tmp_path, "kept")
    time.sleep(3)
    fleet.commit().deploy("shop")
    fleet.deploy("blog")
    describe(fleet, "env: { GREETING: hello }").deploy("shop")
    fleet.project.run("rollback", "shop", "--yes")
    describe(fleet, blog="instances: 2\nbody_limit: 2M")
    fleet.project.run("apply", "--yes")
    unnoticed(loads)
    whole(fleet)


def test_an_app_that_is_stopped_is_answered_for_by_the_other(fleet: Site, tmp_path: Path) -> None:
    """It is asked again once it runs; and its visitors keep their address on the way."""
    one, other = both(fleet)
    loads = visited(fleet, tmp_path, "light")
    here, there = unit(one), unit(other)
    time.sleep(2)
    on(one.server, f"systemctl stop {here}")
    for each in both(fleet):
        assert each.get("shop", "/visitor") == gateway(each.server)
    time.sleep(3)
    on(one.server, f"systemctl start {here}")
    time.sleep(3)
    on(other.server, f"systemctl stop {there}")
    time.sleep(3)
    on(other.server, f"systemctl start {there}")
    unnoticed(loads)
    assert posted(one) == "5"


def gateway(server: LabServer) -> str:
    """This machine's address on a server's cable: who visits."""
    return server.address.rpartition(".")[0] + ".1"


def posted(each: Site, *words: str) -> str:
    find = f"shop.example:443:{each.server.address}"
    asked = ["curl", "-sk", "-d", "hello", "--resolve", find, *words, "https://shop.example/post"]
    return subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()


def test_a_stranger_is_not_let_in_as_a_peer(fleet: Site) -> None:
    """Neither by the peers' name, nor by their headers; nor believed to be somebody else."""
    for each in both(fleet):
        address = each.server.address
        find = f"peers.seawall.internal:443:{address}:443"
        asked = ["curl", "-sk", "--connect-to", find, "-H", "Host: shop.example"]
        headers = ["-H", "Seawall-App: shop", "-H", "Seawall-Ask: release"]
        stranger = [*asked, *headers, "https://peers.seawall.internal/"]
        done = subprocess.run(stranger, capture_output=True, text=True, check=False)
        assert (done.stdout, done.returncode != 0) == ("", True)
        spoofed = ["-H", "X-Forwarded-For: 192.0.2.66", *headers]
        curl = ["curl", "-sk", "--resolve", f"shop.example:443:{address}", *spoofed]
        seen = subprocess.check_output([*curl, "https://shop.example/visitor"], text=True)
        assert seen.strip() == gateway(each.server)
    assert on(fleet.server, "stat -c '%a %U:%G' /etc/caddy/peers.pem") == "640 root:caddy"


def test_a_release_that_fails_on_one_goes_back_on_both(fleet: Site) -> None:
    before = fleet.serving("shop")
    on(fleet.beside[0], f"touch {CRASH}")
    try:
        said = " ".join(fleet.commit().deploy("shop", code=1).split())
    finally:
        on(fleet.beside[0], f"rm {CRASH}")
    assert "no database, says version" in said
    assert "So that all servers serve the same, fleet1 went back." in said
    assert f"shop release {before} is serving, on fleet1" in said
    assert {each.serving("shop") for each in both(fleet)} == {before}
    whole(fleet)


def found(fleet: Site) -> set[str]:
    name = fleet.server.name
    checked = fleet.project.json("check", name, "--only", "peers", code=None)
    assert not checked["unknown"], checked["unknown"]
    return {each["id"] for each in checked["findings"]}


def test_every_check_of_peers_is_sabotaged_here() -> None:
    assert {check.id for check in Peers.checks()} == set(SABOTAGES)


def test_a_peer_out_of_reach_is_found(fleet: Site) -> None:
    assert found(fleet) == set()
    sabotage = SABOTAGES["peers.reachable"]
    on(fleet.server, sabotage.break_it)
    try:
        assert found(fleet) == {"peers.reachable"}
    finally:
        on(fleet.server, sabotage.heal)
    assert found(fleet) == set()


def test_servers_that_differ_are_found_and_brought_together(fleet: Site) -> None:
    fleet.commit().deploy("shop", "--server", "fleet1")
    assert found(fleet) == {"peers.same-release"}
    assert "fleet1 serves release" in fleet.project.run("releases", "shop")
    fleet.project.run("rollback", "shop", "--yes")
    assert found(fleet) == set()
    assert "on fleet1 and fleet2" not in fleet.project.run("releases", "shop")
    whole(fleet)


def test_both_get_certificates_though_the_authority_asks_one(fleet: Site, tmp_path: Path) -> None:
    """The name leads to the first server alone; the second one's answers are found by it."""
    authority = Authority(fleet.server, tmp_path, 3600)
    authority.start()
    try:
        roots = authority.roots()
        (fleet.folder / "roots.pem").write_text(roots)
        told = PUBLIC.format(directory=authority.directory, apps="")
        fleet.project.describe(fleet.server, *fleet.beside, more=told)
        fleet.project.run("apply", "--yes")
        until = time.monotonic() + 30
        while not all(trusted(each.server, roots) for each in both(fleet)):
            assert time.monotonic() < until, on(fleet.beside[0], "journalctl -u caddy -n 9 -o cat")
            time.sleep(0.5)
    finally:
        authority.stop()


def trusted(server: LabServer, roots: str) -> bool:
    """True when a strict visitor is shown a certificate of the authority's."""
    trusts = ssl.create_default_context(cadata=roots)
    try:
        with (
            socket.create_connection((server.address, 443), 5) as plain,
            trusts.wrap_socket(plain, server_hostname="site.example"),
        ):
            return True
    except OSError:
        return False
