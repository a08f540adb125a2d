"""Seawall leaves as cleanly as it came: nothing of ours runs, everything it made safe stays so."""

import json
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from conftest import NOT_OF_THE_SERVER, Boot, Project, on
from visitors import Visitor, answering_ports

from seawall import lab
from seawall.lab.record import LabServer

pytestmark = pytest.mark.machine
LISTENER = """
cat > /etc/systemd/system/app.service <<'END'
[Service]
ExecStart=/usr/bin/python3 -m http.server 8000 --bind ::
Restart=always
[Install]
WantedBy=multi-user.target
END
systemctl enable --quiet --now app
"""
NOTHING_OF_OURS = """
for place in /var/lib/seawall /usr/local/lib/seawall /etc/seawall /run/seawall; do
  test ! -e $place || { echo $place; exit 1; }
done
systemctl daemon-reload
systemctl list-units --all --plain --no-legend 'seawall*' | grep . && exit 1
systemctl list-unit-files --no-legend 'seawall*' | grep . && exit 1
pgrep -af '[a]gent-.*pyz' && exit 1
find / -xdev -name '.seawall-*' -not -path '/proc/*' | grep . && exit 1
exit 0
"""
LISTING = """
find / -xdev \\( -path /proc -o -path /sys -o -path /run -o -path /dev -o -path /var/log \
-o -name __pycache__ \\) -prune -o -printf '%p %y %m %U %s %T@\\n' | sort
"""
"""Everything with mode, owner, size and time, but what a login itself writes: logs and /run."""


@dataclass
class Left:
    """A server that was hardened and then left."""

    server: LabServer
    project: Project
    said: str

    def visitor(self, name: str) -> Visitor:
        key = self.server.key if name == "dana" else self.project.folder / name
        return Visitor(self.server, name, key)


@pytest.fixture(scope="module")
def left(boot: Boot, projects: Callable[[], Project]) -> Left:
    server, project = boot("left"), projects()
    more = f"  li: {{ keys: [{project.keypair('li')}] }}\n"
    on(server, LISTENER)
    project.describe(server, more=more).run("apply", "--yes")
    on(server, "test -d /var/lib/seawall && test -d /usr/local/lib/seawall")
    refused = project.run("remove", "left", "--confirm", "right", code=1)
    assert "the name is another one" in refused
    assert "--confirm left is missing" in project.run("remove", "left", code=2)
    on(server, "test -d /var/lib/seawall && test -d /usr/local/lib/seawall")
    return Left(server, project, project.run("remove", "left", "--confirm", "left", "--json"))


def test_nothing_of_ours_runs_or_is_there(left: Left) -> None:
    on(left.server, NOTHING_OF_OURS)
    assert "/var/lib/seawall" in left.said and "/usr/local/lib/seawall" in left.said


def test_a_second_remove_finds_nothing(left: Left) -> None:
    said = left.project.run("remove", "left", "--confirm", "left")
    assert "nothing of ours was there" in said
    on(left.server, NOTHING_OF_OURS)


@pytest.mark.parametrize("when", ["at once", "after a reboot"])
def test_people_firewall_and_apps_stay(left: Left, when: str) -> None:
    if when == "after a reboot":
        lab.reboot(left.server.name)
    assert left.visitor("dana").is_root()
    assert left.visitor("li").gets_in() and not left.visitor("li").is_root()
    assert not Visitor(left.server, "root", left.server.key).gets_in()
    assert on(left.server, "systemctl is-active app") == "active"
    for address in (left.server.address, left.server.address6):
        assert answering_ports(address, "22,80,8000") == {22: "open"}
    on(left.server, NOTHING_OF_OURS)


def test_apply_takes_it_back(left: Left) -> None:
    left.project.run("apply", "--yes")
    assert left.project.json("plan")["servers"][0]["changes"] == []
    checked = left.project.json("check", "left", *NOT_OF_THE_SERVER, code=None)
    assert {finding["id"] for finding in checked["findings"]} <= {"firewall.listeners-are-declared"}


def test_check_of_an_unknown_server_leaves_nothing(
    fresh: Boot, projects: Callable[[], Project]
) -> None:
    server = fresh(name="stranger")
    visitor = Visitor(server, "root", server.key)
    visitor.run("true")  # the first login makes files of its own
    on(server, "systemctl is-system-running --wait >/dev/null; true")
    before = on(server, LISTING)
    document = json.loads(projects().run("check", "root@stranger", "--json", code=1))
    assert document["findings"]
    assert on(server, LISTING).splitlines() == before.splitlines()
    on(server, NOTHING_OF_OURS)
