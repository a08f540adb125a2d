"""Certificates by real ACME: the first one, renewals, an authority that is down, wrong names.

`SEAWALL_TLS_SECONDS=900` watches renewals for longer, with certificates that live four minutes.
"""

import json
import os
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import http3
import pytest
from authority import OPENSSL, Authority
from conftest import Boot, Project, on

from seawall.features.security.tls import Tls
from seawall.features.security.tls_test import SABOTAGES
from seawall.lab.record import LabServer

pytestmark = [pytest.mark.machine, pytest.mark.journey]
SECONDS = int(os.environ.get("SEAWALL_TLS_SECONDS", "75"))
LIFE = 45 if SECONDS < 300 else 240
"""Seconds that a certificate lives."""
NAME = "acme.example"
MORE = """\
tls: {{ acme: "{directory}", acme_roots: roots.pem, email: ops@acme.example, renew_interval: 3s }}
apps:
  web:
    process: "true"
    domain: {name}
    redirect: www.{name}
"""
APP = """
mkdir -p /srv/apps/web/upstreams /srv/www; echo hello > /srv/www/index.html
printf 9001 > /srv/apps/web/upstreams/1
cat > /etc/systemd/system/app.service <<END
[Service]
ExecStart=python3 -m http.server --bind 127.0.0.1 --directory /srv/www 9001
END
systemctl daemon-reload; systemctl start app
"""


@dataclass
class Visitor:
    """Shakes hands every second; keeps what went wrong and every certificate it saw."""

    server: LabServer
    roots: str
    bad: list[str] = field(default_factory=list)
    ends: set[str] = field(default_factory=set)
    handshakes: int = 0
    _done: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> "Visitor":
        self._thread = threading.Thread(target=self._visit, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _visit(self) -> None:
        trusts = ssl.create_default_context(cadata=self.roots)
        while not self._done.wait(1):
            self.handshakes += 1
            try:
                self.ends.add(shake(self.server, trusts))
            except OSError as error:
                self.bad.append(f"{time.strftime('%T')} {error}")


def shake(server: LabServer, trusts: ssl.SSLContext) -> str:
    """When the certificate ends that a visitor is shown, who insists on a valid one."""
    with (
        socket.create_connection((server.address, 443), 5) as plain,
        trusts.wrap_socket(plain, server_hostname=NAME) as secure,
    ):
        return str((secure.getpeercert() or {})["notAfter"])


@dataclass
class Shop:
    """A server with a site, the authority that signs for it, and the project that says so."""

    server: LabServer
    project: Project
    authority: Authority
    warned: str
    """What the first plan said of names that lead nowhere yet."""

    def check(self, only: str, leads: str = "") -> set[str]:
        """The checks that find something where the name leads to this address."""
        hosts = self.project.folder / "hosts"
        hosts.write_text(f"127.0.0.1 localhost\n{leads or self.server.address} {NAME} www.{NAME}\n")
        mounted = 'mount --bind "$0" /etc/hosts && exec "$@"'
        seawall = [sys.executable, "-m", "seawall", "check", self.server.name, "--only", only]
        done = subprocess.run(
            ["unshare", "-m", "sh", "-c", mounted, str(hosts), *seawall, "--json"],
            cwd=self.project.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        found = json.loads(done.stdout)
        assert not found["unknown"], found["unknown"]
        return {each["id"] for each in found["findings"]}


@pytest.fixture(scope="module")
def shop(
    boot: Boot, projects: Callable[[], Project], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Shop]:
    server = boot("tls")
    authority = Authority(server, tmp_path_factory.mktemp("authority"), LIFE)
    authority.start()
    project = projects()
    (project.folder / "roots.pem").write_text(authority.roots())
    project.describe(server, more=MORE.format(directory=authority.directory, name=NAME))
    on(server, APP)
    warned = " ".join(project.run("plan").split())
    project.run("apply", "--yes")
    yield Shop(server, project, authority, warned)
    authority.stop()


def wait_for(true: Callable[[], object], seconds: float) -> bool:
    """Wait until something is true, at most so long."""
    until = time.monotonic() + seconds
    while not true():
        if time.monotonic() > until:
            return False
        time.sleep(0.5)
    return True


def trusted(shop: Shop) -> bool:
    """True when a strict visitor gets in."""
    try:
        return bool(shake(shop.server, ssl.create_default_context(cadata=shop.authority.roots())))
    except OSError:
        return False


@pytest.mark.timeout(SECONDS + 225)
def test_certificates_come_are_renewed_and_outlive_restarts(shop: Shop) -> None:
    assert wait_for(lambda: trusted(shop), 10)
    assert shop.check("tls") == set()
    with Visitor(shop.server, shop.authority.roots()) as visitor:
        time.sleep(SECONDS / 3)
        on(shop.server, "systemctl restart caddy-change")
        time.sleep(SECONDS * 2 / 3)
    assert visitor.bad == []
    assert len(visitor.ends) >= SECONDS // LIFE + 1, visitor.ends
    assert visitor.handshakes > SECONDS * 0.8
    print(f"{visitor.handshakes} handshakes, 0 bad, {len(visitor.ends)} certificates")


def test_http_leads_to_https_and_www_to_its_twin(shop: Shop) -> None:
    for scheme, port, host, where in (
        ("http", 80, NAME, f"https://{NAME}/a?b=c"),
        ("http", 80, f"www.{NAME}", f"https://www.{NAME}/a?b=c"),
        ("https", 443, f"www.{NAME}", f"https://{NAME}/a?b=c"),
    ):
        resolve = ["--resolve", f"{host}:{port}:{shop.server.address}"]
        asked = ["curl", "-sk", "-o", "/dev/null", "-w", "%{http_code} %{redirect_url}", *resolve]
        assert subprocess.check_output([*asked, f"{scheme}://{host}/a?b=c"], text=True) == (
            f"308 {where}"
        )


def test_http_3_answers(shop: Shop) -> None:
    answer = http3.ask(shop.server.address, NAME, shop.authority.roots())
    assert answer.headers[b":status"] == b"200" and answer.body == b"hello\n"


def test_testssl_finds_nothing_vulnerable(shop: Shop, tmp_path: Path) -> None:
    """Every known attack on TLS, and old protocols; `testssl` alone would take minutes."""
    told = tmp_path / "told.json"
    asked = ["testssl", "--quiet", "--warnings", "off", "--ip", shop.server.address, "-n", "none"]
    wanted = ["-p", "-U", "--jsonfile", str(told), f"https://{NAME}"]
    subprocess.run([*asked, *wanted], capture_output=True, check=False)
    seen = {line["id"]: line["severity"] for line in json.loads(told.read_text())}
    assert [seen[each] for each in ("TLS1_3", "heartbleed", "ROBOT", "BEAST", "RC4")] == ["OK"] * 5
    unseen = {each for each, severity in seen.items() if severity == "WARN"}
    assert unseen <= {"engine_problem", "secure_renego"}, "that is what Debian's openssl cannot ask"
    assert set(seen.values()) <= {"OK", "INFO", "WARN"}, seen


def test_an_authority_that_is_down_is_said_while_the_old_certificate_serves(shop: Shop) -> None:
    shop.authority.stop()
    try:
        assert wait_for(lambda: "tls.renewing" in shop.check("tls.renewing"), LIFE)
        assert "tls.answers" not in shop.check("tls")
    finally:
        shop.authority.start()
        (shop.project.folder / "roots.pem").write_text(shop.authority.roots())
        shop.project.run("apply", "--yes")
        on(shop.server, "rm -rf /var/lib/caddy/caddy/certificates; systemctl restart caddy")
    assert wait_for(lambda: trusted(shop), 15)
    assert wait_for(lambda: shop.check("tls") == set(), 5)


def test_every_check_of_tls_is_sabotaged_here() -> None:
    assert {check.id for check in Tls.checks()} == set(SABOTAGES)


def test_a_name_that_leads_elsewhere_is_found(shop: Shop) -> None:
    for name in (NAME, f"www.{NAME}"):
        assert f"{name} does not lead to {shop.server.address} yet" in shop.warned
    assert shop.check("tls", leads="192.0.2.7") == {"tls.names-point-here"}


@pytest.mark.parametrize("check", sorted(set(SABOTAGES) - {"tls.names-point-here"}))
def test_a_sabotage_is_found_and_healed(shop: Shop, check: str, tmp_path: Path) -> None:
    sabotage = SABOTAGES[check]
    newer = ["-nodes", "-days", "99", "-subj", f"/CN={NAME}", "-keyout", str(tmp_path / "key")]
    made = subprocess.run([*OPENSSL, *newer], capture_output=True, text=True, check=True).stdout
    on(shop.server, f"cat > /tmp/newer.pem <<END\n{made}END\n{sabotage.break_it}")
    try:
        assert wait_for(lambda: check in shop.check(check), sabotage.wait + 5)
    finally:
        if sabotage.heal == "apply":
            shop.project.run("apply", "--yes")
        else:
            on(shop.server, sabotage.heal)
    assert wait_for(lambda: shop.check("tls") == set(), 20), shop.check("tls")
