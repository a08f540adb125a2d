"""Faults of a real server, each told exactly once in its time and over exactly once: all of them at
the same time, with the monitor killed in between and a power cut at the end.
"""

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from conftest import Boot, Project, on

from seawall import config as configuration
from seawall import lab
from seawall.engine import planning
from seawall.lab.record import LabServer
from seawall.server import ship

pytestmark = [pytest.mark.machine, pytest.mark.journey]
FOR, MARGIN = 10, 30
STATE = "/var/lib/seawall-monitor"
AGENT = "/usr/local/lib/seawall/agent.pyz"
INSTALL = """\
import json, sys
sys.path.insert(0, '/root/agent.pyz')
from seawall.agent import applied, converge, installed, plan
told = json.load(open('/root/steps.json'))
installed.install(told['sha'], open('/root/agent.pyz', 'rb').read())
steps = plan.items(told['steps'])
converge.converge(steps, converge.Job('test', '', lambda event: None))
applied.note(step for _, step in steps)
"""
LISTEN = (
    'python3 -c "import socket, time; s = socket.create_server((str(), 8123)); time.sleep(900)"'
)
BACKUPS = {
    "project": "acme",
    "server": "watched",
    "every": 3600,
    "prove": 604800,
    "keep": {"daily": 1},
    "prunes": True,
    "datasets": [{"name": "main", "engine": "sqlite"}],
    "destinations": [{"name": "main", "repository": "/nowhere"}],
}


@dataclass(frozen=True)
class Fault:
    """What is done to the server, what must be told of it, and what puts it right; "" for what is
    gone with the next boot."""

    rule: str
    subject: str
    break_it: str
    heal: str = ""


KERNEL = ("/proc/meminfo", "/proc/pressure/memory", "/proc/uptime")
"""What the monitor is shown in place of what this machine's kernel tells: a guest has no memory of
its own. A server that booted long ago, so that no window is open for the boot."""
FOLDER = "/var/lib/kernel"
DROP_IN = "/etc/systemd/system/seawall-monitor.service.d"
SHOW = f"""\
mkdir -p {FOLDER} {DROP_IN}
cp /proc/meminfo {FOLDER}/meminfo
cp /proc/pressure/memory {FOLDER}/memory
echo '99999999 1' > {FOLDER}/uptime
printf '[Service]\\n' > {DROP_IN}/kernel.conf
for path in {" ".join(KERNEL)}; do
  echo "BindReadOnlyPaths={FOLDER}/$(basename $path):$path" >> {DROP_IN}/kernel.conf
done
"""


def _kernel(field: str, line: str, path: str) -> str:
    """The kernel's own words with one line changed."""
    name = f"{FOLDER}/{Path(path).name}"
    return f"sed '/^{field}/c {line}' {path} > /run/kernel; cat /run/kernel > {name}"


FAULTS = (
    Fault(
        "disk-space",
        "/srv/full",
        "mkdir -p /srv/full; mount -t tmpfs -o size=8M full /srv/full;"
        " head -c 8M /dev/zero > /srv/full/x || true",
    ),
    Fault(
        "inodes",
        "/srv/small",
        "mkdir -p /srv/small; mount -t tmpfs -o nr_inodes=10 small /srv/small;"
        " for i in 1 2 3 4 5 6 7 8 9; do touch /srv/small/$i; done",
    ),
    Fault(
        "read-only",
        "/srv/stuck",
        "mkdir -p /srv/stuck; mount -t tmpfs stuck /srv/stuck; mount -o remount,ro /srv/stuck",
    ),
    Fault(
        "memory",
        "",
        _kernel("MemAvailable", "MemAvailable: 9 kB", "/proc/meminfo"),
        f"cat /proc/meminfo > {FOLDER}/meminfo",
    ),
    Fault(
        "memory-pressure",
        "",
        _kernel("full", "full avg10=40 avg60=30.00 avg300=9 total=1", "/proc/pressure/memory"),
        f"cat /proc/pressure/memory > {FOLDER}/memory",
    ),
    Fault("unit-failed", "job.service", "systemd-run --quiet --unit=job /bin/false"),
    Fault(
        "crash-loop",
        "loop.service",
        "systemd-run --quiet --unit=loop -p Restart=always -p RestartSec=200ms"
        " -p StartLimitIntervalSec=0 /bin/false",
    ),
    Fault("timer", "apt-daily.timer", "systemctl stop apt-daily.timer"),
    Fault("new-port", "tcp/8123", f"systemd-run --quiet --unit=listens {LISTEN}"),
    Fault(
        "new-admin",
        "eve",
        "useradd eve && usermod -aG sudo eve",
        "gpasswd --delete eve sudo",
    ),
    Fault(
        "backup-stale",
        "main",
        "echo '{{}}' > /etc/seawall/backups.secrets.json; mkdir -p /var/lib/seawall/backups;"
        f" echo '{json.dumps({**BACKUPS})}' > /etc/seawall/backups.json;"
        """ echo '{"passphrase": "x"}' > /etc/seawall/backups.secrets.json;"""
        """ echo '{"main": {"main": {"stored": 1, "sizes": [9]}}}'"""
        " > /var/lib/seawall/backups/state.json",
        "rm /etc/seawall/backups.json",
    ),
    Fault(
        "drift",
        "",
        "echo >> /etc/systemd/system/seawall-look.timer",
        "sed -i '$d' /etc/systemd/system/seawall-look.timer",
    ),
)
TOLD = {(fault.rule, fault.subject) for fault in FAULTS}
RULES = "".join(f"    {rule}: {{ for: {FOR}s }}\n" for rule in sorted({f.rule for f in FAULTS}))
WATCH = f"monitoring:\n  rules:\n{RULES}"


class Watched:
    """A server on which nothing of Seawall runs but the monitor."""

    def __init__(self, server: LabServer, project: Project) -> None:
        self.server = server
        project.describe(server, more=WATCH)
        config = configuration.load(project.folder / "seawall.yml")
        steps = [each for each in planning.steps(config, server.name) if each[0] == "monitoring"]
        self._put("/root/agent.pyz", ship.agent())
        self._put("/root/steps.json", json.dumps({"sha": ship.sha(), "steps": steps}).encode())
        on(server, SHOW)
        self._put("/root/install.py", INSTALL.encode())
        on(server, "python3 -I /root/install.py")

    def _put(self, path: str, content: bytes) -> None:
        Path(f"{self.server.root}{path}").write_bytes(content)

    def messages(self, kind: str) -> dict[tuple[str, str], list[dict[str, Any]]]:
        """What is in the outbox, by rule and subject."""
        found: dict[tuple[str, str], list[dict[str, Any]]] = {}
        script = f"cd {STATE}/outbox 2>/dev/null && for f in *.json; do cat $f; printf '\\0'; done"
        for text in on(self.server, f"{script}; true").split("\0"):
            if text.strip() and (told := json.loads(text))["kind"] == kind:
                found.setdefault((told["rule"], told["subject"]), []).append(told)
        return found

    def wait(self, kind: str, wanted: set[tuple[str, str]], limit: float) -> None:
        """Until all of this was told."""
        deadline = time.monotonic() + limit
        while missing := wanted - set(self.messages(kind)):
            assert time.monotonic() < deadline, f"no {kind} of {missing}: {self.story()}"
            time.sleep(1)

    def story(self) -> str:
        script = f"journalctl -u 'seawall-*' -n 20 --no-pager; head -c 3000 {STATE}/judged.json"
        return on(self.server, script)


@pytest.fixture(scope="module")
def watched(boot: Boot, projects: Callable[[], Project]) -> Iterator[Watched]:
    yield Watched(boot("watched"), projects())


def test_every_fault_is_told_once_in_its_time_and_over_once(watched: Watched) -> None:
    server = watched.server
    on(server, f'until grep -q \'"known": {{"ports"\' {STATE}/judged.json; do sleep 0.2; done')
    began = time.time()
    on(server, "\n".join(fault.break_it for fault in FAULTS))
    on(server, "systemctl start seawall-look")
    on(server, "systemctl kill -s KILL seawall-monitor")
    watched.wait("fire", TOLD, FOR + 2 * MARGIN)
    fires = watched.messages("fire")
    assert Counter({key: len(each) for key, each in fires.items()}) == Counter(TOLD)
    late = {key: each[0]["at"] - began for key, each in fires.items()}
    assert max(late.values()) <= FOR + MARGIN + 5, late
    assert all(each[0]["server"] == "watched" and each[0]["advice"] for each in fires.values())
    [loop] = fires["crash-loop", "loop.service"]
    assert any("Failed with result" in line for line in loop["cause"])
    [port] = fires["new-port", "tcp/8123"]
    assert port["cause"] == ["a program of root listens on 8123"]

    on(server, "\n".join(fault.heal for fault in FAULTS if fault.heal))
    on(server, "systemctl kill -s KILL seawall-monitor; systemctl start seawall-look")
    lab.cut_power(server.name)
    lab.up(server.name)
    watched.wait("resolve", TOLD, 2 * (FOR + MARGIN))
    resolves = watched.messages("resolve")
    assert Counter({key: len(each) for key, each in resolves.items()}) == Counter(TOLD)
    assert {key: len(each) for key, each in watched.messages("fire").items()} == Counter(TOLD)
    asked = on(server, "systemd-analyze security seawall-monitor seawall-look --no-pager")
    exposed = [float(line.split()[-3]) for line in asked.splitlines() if "exposure level" in line]
    assert len(exposed) == 2 and max(exposed) <= 3.0, asked
