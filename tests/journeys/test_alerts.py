"""Somebody is told: from a real server, by a mail server with TLS and a login, and by a webhook.

A power cut loses nothing, a server that dies is told by the other one, no secret is to be seen, and
every check turns red when it should.
"""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import Boot, Project, on
from sinks import PASSWORD, USER, Mailbox, Posts, certificate, mail_server, web_server

from seawall import lab
from seawall.features.stability.alerts.alerts_test import SABOTAGES, STATE, TURN
from seawall.lab.record import LabServer

pytestmark = [pytest.mark.machine, pytest.mark.journey]
HIDDEN = "T0K3N-in-the-address"
ALERTS = """\
alerts:
  email: {{ to: ops@acme.example, smtp: "smtp://{user}@{host}:{port}" }}
  webhook: {{ url: HOOK, token: HOOK_TOKEN }}
  heartbeat: {web}/beat
"""
PUT = """\
runuser -u seawall-monitor -- python3 -I -S - <<'END'
import sys, time
sys.path.insert(0, "/usr/local/lib/seawall/agent.pyz")
from seawall.agent.telling.message import Message, identity
from seawall.agent.telling import outbox
now = time.time()
outbox.put(Message(identity("{kind}", "{rule}"), "{kind}", "critical", "{rule}", "/", "teller",
    "{rule}: {kind}", now - 60, now, "98 %", "90 %", ("because",), ("do this",), "df -h"))
END
"""


class Watched:
    """A server that is told what to tell whom, another that it watches, and both ends of it."""

    def __init__(self, servers: list[LabServer], project: Project, mail: Mailbox) -> None:
        self.one, self.two = servers
        self.project, self.mail = project, mail
        self.web = Posts()

    def put(self, rule: str, kind: str = "fire") -> None:
        """Hand over a message, as the monitor does."""
        on(self.one, PUT.format(kind=kind, rule=rule))

    def mails(self, rule: str) -> list[str]:
        return [mail["Subject"] for mail in self.mail.mails if rule in mail["Subject"]]

    def posts(self, rule: str) -> list[Any]:
        both = zip(self.web.bodies, self.web.answered, strict=False)
        told = (json.loads(body) for body, status in both if body and status == 200)
        return [each for each in told if rule in each["title"]]

    def findings(self) -> set[str]:
        found = self.project.json("check", "teller", "--only", "alerts", code=None)
        assert found["unknown"] == []
        return {each["id"] for each in found["findings"]}

    def apply(self, *names: str) -> None:
        secrets = {"SMTP_PASSWORD": PASSWORD, "HOOK": f"{self.web.url}/{HIDDEN}"}
        self.project.run("apply", *names, "--yes", **secrets, HOOK_TOKEN=HIDDEN)


def until(holds: Callable[[], object], seconds: float = 90) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.1)


@pytest.fixture(scope="module")
def watched(
    boot: Boot, projects: Callable[[], Project], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Watched]:
    servers = [boot("teller"), boot("mate")]
    host = servers[0].address.rsplit(".", 1)[0] + ".1"
    pem = certificate(tmp_path_factory.mktemp("mail"), host)
    trust(servers[0], pem)
    with mail_server(host, pem) as mail, web_server(host) as web:
        made = Watched(servers, projects(), mail)
        made.web = web
        more = ALERTS.format(user=USER, host=host, port=mail.port, web=web.url)
        made.project.describe(*servers, more=more)
        made.apply("teller")
        yield made


def trust(server: LabServer, pem: Path) -> None:
    """Let a server trust the mail server's certificate."""
    public = pem.read_text().partition("-----BEGIN CERT")
    there = "/usr/local/share/ca-certificates/acme.crt"
    on(
        server,
        f"cat >{there} <<'END'\n{public[1]}{public[2]}END\nupdate-ca-certificates >/dev/null",
    )


def test_a_test_goes_through_every_channel_and_shows_the_receipts(watched: Watched) -> None:
    assert "alerts.proven" in watched.findings()
    told = watched.project.json("alerts", "test", "teller")
    for server in told["servers"]:
        said = {name: each["said"] for name, each in server["tested"]["receipts"].items()}
        assert said["email"].startswith("SMTP 250 2.0.0 Ok: queued as")
        assert said["webhook"].startswith("HTTP 200")
    assert watched.findings() == set()
    assert watched.mail.mails[0]["To"] == "ops@acme.example"
    assert watched.project.run("alerts", "list", "teller").count("SMTP 250") == 1


def test_what_is_put_is_told_at_once_and_its_resolve_too(watched: Watched) -> None:
    began = time.monotonic()
    watched.put("drill-one")
    until(lambda: watched.mails("drill-one") and watched.posts("drill-one"))
    assert time.monotonic() - began < 15
    listed = watched.project.json("alerts", "list", "teller")["servers"][0]
    [opened] = [each for each in listed["open"] if each["message"]["rule"] == "drill-one"]
    known = opened["message"]["id"][:6]
    watched.project.run("alerts", "ack", known, "--server", "teller", USER="dana")
    assert "dana knows" in watched.project.run("alerts", "list", "teller")
    watched.put("drill-one", "resolve")
    until(lambda: len(watched.mails("drill-one")) == len(watched.posts("drill-one")) == 2)
    assert watched.mails("drill-one")[1].startswith("[acme] Well again: teller")
    listed = watched.project.json("alerts", "list", "teller")["servers"][0]
    assert "drill-one" not in {each["message"]["rule"] for each in listed["open"]}


def test_muted_is_held_and_told_afterwards(watched: Watched) -> None:
    watched.project.run("alerts", "mute", "2h", "--server", "teller", "--rule", "drill-two")
    watched.put("drill-two")
    watched.put("drill-three")
    until(lambda: watched.mails("drill-three"))
    assert watched.mails("drill-two") == []
    watched.project.run("alerts", "mute", "off", "--server", "teller")
    until(lambda: watched.mails("drill-two"))
    told = watched.project.run("alerts", "history", "teller")
    assert "drill-two: fire" in told and "SMTP 250" in told and HIDDEN not in told


def test_no_secret_is_to_be_seen(watched: Watched) -> None:
    seen = on(
        watched.one,
        "journalctl --no-pager -q; ps axeww; systemctl show seawall-tell.service; "
        "cat /etc/systemd/system/seawall-* /etc/seawall/alerts.json; "
        "find /var/lib/seawall-monitor -name '*.json*' | xargs cat; "
        "find /etc/seawall/alerts* /var/lib/seawall-monitor -perm /077 -printf 'loose %p\\n'",
    )
    assert PASSWORD not in seen and HIDDEN not in seen
    assert (
        "loose /etc/seawall/alerts" not in seen and "loose /var/lib/seawall-monitor/t" not in seen
    )
    words = "systemd-analyze security seawall-tell.service --no-pager | tail -1"
    exposure = next(word for word in on(watched.one, words).split() if word[0].isdigit())
    assert float(exposure) <= 3.0


def test_a_power_cut_loses_nothing_and_tells_nothing_twice(watched: Watched) -> None:
    watched.web.says = [503] * 3
    watched.mail.says = ["451 4.3.0 try later"] * 3
    watched.put("drill-four")
    until(lambda: len(watched.web.says) < 3 and len(watched.mail.says) < 3)
    lab.cut_power("teller")
    watched.web.says, watched.mail.says = [], []
    lab.up("teller")
    until(lambda: watched.mails("drill-four") and watched.posts("drill-four"), 100)
    on(watched.one, TURN)
    assert len(watched.mails("drill-four")) == len(watched.posts("drill-four")) == 1


def test_a_server_that_dies_is_told_by_the_other_once(watched: Watched) -> None:
    lab.cut_power("mate")
    # The network around this machine may answer for an address that is gone.
    on(watched.one, f"ip route add unreachable {watched.two.address}")
    for _ in range(7):  # a look each; by itself one a minute
        on(watched.one, f'sed -i \'s/"at": [0-9.]*/"at": 0/\' {STATE}/peers.json; {TURN}')
    assert watched.mails("mate does not answer") == ["[acme] mate does not answer, says teller"]
    lab.up("mate")
    on(watched.one, f"ip route del unreachable {watched.two.address}")
    for _ in range(3):
        on(watched.one, f'sed -i \'s/"at": [0-9.]*/"at": 0/\' {STATE}/peers.json; {TURN}')
    until(lambda: watched.mails("mate answers again"))


@pytest.mark.parametrize("check", sorted(SABOTAGES))
def test_a_sabotage_is_found_and_healed(watched: Watched, check: str) -> None:
    sabotage = SABOTAGES[check]
    on(watched.one, sabotage.break_it)
    assert check in watched.findings()
    if sabotage.heal == "apply":
        watched.apply("teller")
    elif sabotage.heal.startswith("seawall "):
        watched.project.run(*sabotage.heal.split()[1:])
    else:
        on(watched.one, sabotage.heal)
    on(watched.one, sabotage.tidy or "true")
    assert watched.findings() == set()
