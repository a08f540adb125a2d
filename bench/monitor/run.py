"""What is measured, and how it is told: what each program took, with all that it started, as the
server has it in /proc."""

import json
import statistics
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conftest import Project, on

from seawall import lab
from seawall.agent.monitor import frames, history
from seawall.agent.monitor.judge import Judge
from seawall.agent.monitor.rules import RULES, chosen
from seawall.lab.record import LabServer

PEERS = {
    "node_exporter": ("prometheus-node-exporter", "prometheus-node"),
    "monit": ("monit", "monit"),
    "glances": ("glances", "glances"),
    "netdata": ("netdata", "netdata"),
}
"""Package, and what the program is called in /proc."""
UNITS, MOUNTS = 100, 20
FILL = """\
for i in $(seq {units}); do systemd-run --quiet --unit=idle$i sleep infinity; done
for i in $(seq {mounts}); do mkdir -p /srv/m$i; mount -t tmpfs -o size=8M m$i /srv/m$i; done
"""
SCRAPE = (
    "systemd-run --quiet --unit=scrape bash -c 'while sleep 10; do"
    ' exec 3<>/dev/tcp/127.0.0.1/9100; printf "GET /metrics HTTP/1.0\\r\\n\\r\\n" >&3;'
    " cat <&3 > /dev/null; exec 3>&-; done'"
)
"""node_exporter works when it is asked, so it is asked as often as the others look."""
READ = """\
import json, os, sys
told = {}
for pid in filter(str.isdigit, os.listdir('/proc')):
    try:
        stat = open(f'/proc/{pid}/stat').read()
        cgroup = open(f'/proc/{pid}/cgroup').read()
        rolled = open(f'/proc/{pid}/smaps_rollup').read()
        written = open(f'/proc/{pid}/io').read()
    except OSError:
        continue
    name, words = stat[stat.index('(') + 1:stat.rindex(')')], stat[stat.rindex(')') + 2:].split()
    unit = cgroup.strip().rsplit('/', 1)[-1]
    size = {line.split(':')[0]: int(line.split()[1]) for line in rolled.splitlines()[1:]}
    wrote = int(written.split('write_bytes: ')[1].split()[0])
    told[pid] = [name, unit, sum(map(int, words[11:15])), size['Rss'], size['Pss'], wrote]
print(json.dumps([os.sysconf('SC_CLK_TCK'), told]))
"""
DAY = 86400.0


@dataclass(frozen=True)
class Taken:
    """What one program took: MB, percent of a processor, MB an hour."""

    rss_mb: float
    pss_mb: float
    cpu_percent: float
    disk_mb_per_hour: float

    def document(self) -> dict[str, float]:
        return {name: round(value, 4) for name, value in vars(self).items()}


def run(work: Path, seconds: int) -> int:
    """Measure everybody; 1 when a bar of ours is missed."""
    server = lab.up("watched")
    key = (work / "lab" / "id_ed25519.pub").read_text().split()
    (work / "project").mkdir()
    project = Project(work / "project", " ".join(key[:2])).describe(server)
    on(server, FILL.format(units=UNITS, mounts=MOUNTS))
    project.run("apply", "--yes")
    there = installed(server)
    taken = measured(server, ["seawall", *there], seconds)
    for name, each in taken.items():
        print(f"{name:14} {each.document()}", flush=True)
    ours = taken.pop("seawall")
    figures: dict[str, Any] = ours.document()
    figures["flap_messages_per_hour"] = flapping()
    figures["dead_host_messages"] = at_once(50)
    figures["query_90_days_s"] = round(asked(work / "history"), 3)
    figures["fault_to_message_s_median"] = round(faults(server), 1)
    figures["peers"] = {name: each.document() for name, each in taken.items()}
    figures["load_average"] = float(Path("/proc/loadavg").read_text().split()[0])
    print(json.dumps(figures))
    return int(ours.rss_mb > 14 or ours.disk_mb_per_hour > 5)


def installed(server: LabServer) -> list[str]:
    """Those of the others that this distribution has, running."""
    found = []
    for name, (package, _) in PEERS.items():
        install = f"apt-get -qq install --no-install-recommends -y {package} > /dev/null 2>&1"
        if lab.shell(server.name, install).returncode == 0:
            found.append(name)
    on(server, "sed -i 's/^ *set daemon.*/set daemon 10/' /etc/monit/monitrc || true")
    on(server, "systemctl restart monit || true")
    if "glances" in found:
        start = "glances -q -t 10 --export csv --export-csv-file /dev/null"
        on(server, f"systemctl stop glances; systemd-run --quiet --unit=looks {start}; true")
    on(server, SCRAPE)
    # What is in the outbox stays there: how long it takes to get there is measured.
    on(server, "systemctl stop seawall-tell.path seawall-tell.timer")
    return found


def read(server: LabServer) -> tuple[int, dict[str, list[Any]]]:
    """Ticks a second, and what every program has taken so far."""
    told = json.loads(on(server, f'python3 -c "{READ}"'))
    return int(told[0]), dict(told[1])


def measured(server: LabServer, names: list[str], seconds: int) -> dict[str, Taken]:
    """What each takes in so many seconds, once all have settled."""
    time.sleep(40)
    hertz, before = read(server)
    began = time.monotonic()
    time.sleep(seconds)
    _, after = read(server)
    passed = time.monotonic() - began
    found = {}
    for name in names:
        mine = [pid for pid, told in after.items() if _is(name, told) and pid in before]
        if mine:
            ticks = sum(after[pid][2] - before[pid][2] for pid in mine)
            wrote = sum(after[pid][5] - before[pid][5] for pid in mine)
            rss, pss = (sum(after[pid][at] for pid in mine) / 1024 for at in (3, 4))
            hour = 3600 / passed
            found[name] = Taken(rss, pss, 100 * ticks / hertz / passed, wrote * hour / 1e6)
    return found


def _is(name: str, told: list[Any]) -> bool:
    if name == "seawall":
        return bool(told[1] == "seawall-monitor.service")
    return str(told[0]).startswith(PEERS[name][1][:15])


def faults(server: LabServer) -> float:
    """Seconds from a full disk to its message, beyond those that the rule waits; the median of
    five, begun at different moments of the monitor's ten seconds."""
    rule = next(rule for rule in RULES if rule.name == "disk-space")
    began = {}
    for number in (3, 7, 11, 15, 19):
        script = f"head -c 9M /dev/zero > /srv/m{number}/x; date +%s.%N"
        began[f"/srv/m{number}"] = float(on(server, script).split()[-1])
        time.sleep(13)
    told: dict[str, float] = {}
    deadline = time.monotonic() + 180
    while not {*began} <= {*told} and time.monotonic() < deadline:
        time.sleep(1)
        listed = on(server, "cd /var/lib/seawall-monitor/outbox && stat -c '%Y %n' *.json; true")
        for line in listed.splitlines():
            at, _, name = line.partition(" ")
            content = on(server, f"cat /var/lib/seawall-monitor/outbox/{name}")
            told[json.loads(content)["subject"]] = float(at)
    assert set(told) >= set(began), on(server, "cat /var/lib/seawall-monitor/judged.json")
    late = [told[path] - at - rule.seconds for path, at in began.items()]
    print(f"message after: {[round(each, 1) for each in late]} s beyond the rule's own", flush=True)
    return statistics.median(late)


def flapping() -> int:
    """The most messages in an hour of a number that goes to and fro for a day."""
    judge, told = Judge(chosen({}), {}), []
    for look in range(8640):
        used = 95.0 if look % 30 < 15 else 10.0
        sample = {"disk.used": {"/": used}, "disk.free": {"/": 1e9}}
        told += [look * 10.0 for _ in judge.judge(sample, 1.8e9 + look * 10.0, 10.0)]
    return max(sum(1 for at in told if since <= at < since + 3600) for since in told)


def at_once(services: int) -> int:
    """Messages when all services of a server fail together."""
    judge, told = Judge(chosen({}), {}), 0
    units = {f"app{number}.service": 1.0 for number in range(services)}
    for look in range(60):
        told += len(judge.judge({"unit.failed": units}, 1.8e9 + look * 10.0, 10.0))
    return told


def asked(folder: Path) -> float:
    """Seconds to read one series of ninety days with sixty series in it; the best of three."""
    folder.mkdir()
    now = time.time()
    names = [f"disk.used /{number}" for number in range(60)]
    for back in range(90):
        begin = now - now % DAY - back * DAY
        rows = [frames.valued(begin + 600 * n, [float(n)] * 60) for n in range(144)]
        (folder / f"ten-{history.day(begin)}").write_bytes(frames.named(names) + b"".join(rows))
    took = []
    for _ in range(3):
        began = time.monotonic()
        assert list(history.between(now - 90 * DAY, now, {names[7]}, str(folder)))
        took.append(time.monotonic() - began)
    return min(took)
