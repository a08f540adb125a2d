"""What is measured, and how it is told. Every time is taken on the server itself."""

import json
import os
import subprocess
import sys
import xml.etree.ElementTree as Xml
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import scripts
from conftest import Project, on

from seawall import config, lab
from seawall.lab.record import LabServer
from seawall.secrets import Store

ROOT = Path(__file__).parent.parent.parent
MORE = """\
databases:
  main: { engine: postgres, server: data }
backups: { to: /srv/ours }
"""
REPEATS = 2


@dataclass(frozen=True)
class Wanted:
    """How much of it."""

    work: Path
    rows: int
    days: int
    faults: bool


def run(wanted: Wanted) -> int:
    """Measure everything; 1 when a silent failure was missed."""
    place = Place.made(wanted)
    figures: dict[str, Any] = place.backups() | place.proof() | place.storage()
    if wanted.faults:
        figures |= faults(wanted.work)
    figures["load_average"] = float(Path("/proc/loadavg").read_text().split()[0])
    say(json.dumps(figures))
    return 1 if figures.get("silent_failures_missed") else 0


@dataclass(frozen=True)
class Place:
    """A server with a database, and everybody who saves it."""

    server: LabServer
    wanted: Wanted

    @classmethod
    def made(cls, wanted: Wanted) -> "Place":
        server = lab.up("data")
        key = (wanted.work / "lab" / "id_ed25519.pub").read_text().split()
        folder = wanted.work / "project"
        folder.mkdir()
        project = Project(folder, " ".join(key[:2])).describe(server, more=MORE)
        on(server, scripts.INSTALL)
        project.run("apply", "--yes")
        loaded = config.load(folder / "seawall.yml")
        password = Store.open(loaded).get("DATABASE_MAIN_PASSWORD")
        place = cls(server, wanted)
        place.sql(scripts.FILL)
        on(server, f"cat > /root/bench/ours.py <<'END'\n{scripts.OURS}\nEND")
        told = scripts.BORGMATIC.replace("PASSWORD", json.dumps(password))
        on(
            server,
            f"mkdir -p /root/bench/nothing; cat > /etc/borgmatic/config.yaml <<'END'{told}END",
        )
        on(server, f"{scripts.SQL} -c 'ALTER ROLE main SET work_mem = DEFAULT'")
        return place

    def sql(self, text: str, day: int = 0) -> str:
        text = text.replace("ROWS", str(self.wanted.rows)).replace("DAY", str(day))
        return on(self.server, f"{scripts.SQL} <<'END'\n{text}\nEND")

    def timed(self, script: str) -> float:
        """Seconds that a script takes on the server."""
        clock = "from time import monotonic as m; import subprocess, sys; b = m()"
        ran = "subprocess.run(['bash', '-c', sys.argv[1]], check=True, stdout=2); print(m() - b)"
        quoted = script.replace("'", "'\\''")
        return float(on(self.server, f"python3 -c \"{clock}; {ran}\" '{quoted}'").split()[-1])

    def ours(self, verb: str, watched: bool = False) -> dict[str, Any]:
        words = f"python3 /root/bench/ours.py {verb} {'watched' if watched else ''}"
        told: dict[str, Any] = json.loads(on(self.server, words).splitlines()[-1])
        assert told["code"] == 0, told
        return told

    def backups(self) -> dict[str, Any]:
        """First and second backup of everybody, in turns."""
        first = self.turns(fresh=True)
        self.sql(scripts.CHANGE)
        second = self.turns(fresh=False)
        say(f"first: {shown(first)}\nsecond: {shown(second)}")
        return {
            "database_mb": round(int(self.sql("SELECT pg_database_size('main')")) / 1e6),
            "first_s": round(first["ours"], 2),
            "first_vs_bare_restic": round(first["ours"] / first["bare"], 2),
            "second_s": round(second["ours"], 2),
            "second_vs_bare_restic": round(second["ours"] / second["bare"], 2),
            "vs_borgmatic": round(first["ours"] / first["borgmatic"], 2),
            "second_vs_borgmatic": round(second["ours"] / second["borgmatic"], 2),
        }

    def turns(self, *, fresh: bool) -> dict[str, float]:
        """The best of some turns; a first backup into a new repository each time, a second one
        after another change."""
        best: dict[str, float] = {}
        for _ in range(REPEATS):
            if fresh:
                self.emptied()
            elif best:
                self.sql(scripts.CHANGE)
            took = {
                "bare": self.timed(scripts.BARE),
                "ours": float(self.ours("backup")["seconds"]),
            }
            if "borgmatic" not in best:
                took["borgmatic"] = self.timed(f"{scripts.BORG} borgmatic create")
            best = {**best, **{who: min(best.get(who, 1e9), s) for who, s in took.items()}}
        return best

    def emptied(self) -> None:
        """New repositories for everybody."""
        on(self.server, "rm -rf /srv/bare /srv/ours /srv/borg /var/lib/seawall/backups")
        on(self.server, f"{scripts.RESTIC} restic -q init")
        on(self.server, f"{scripts.BORG} borgmatic init --encryption repokey")
        self.timed("mkdir -p /srv/ours; sync")

    def proof(self) -> dict[str, Any]:
        """A restore that is compared in full, and the same by hand."""
        again = "cd /; runuser -u postgres -- createdb -O main again"
        ours, bare = [], []
        for _ in range(REPEATS):
            told = self.ours("prove", watched=True)
            ours.append((told["seconds"], told["peak_mb"], told["events"][-1]["bytes"]))
            on(self.server, again)
            took = self.timed(scripts.BARE_RESTORE)
            asked = f"{scripts.SQL.replace('-d main', '-d again')} -c"
            took += self.timed(f'{asked} "{scripts.CHECKSUM}"')
            bare.append(took)
            on(self.server, "cd /; runuser -u postgres -- dropdb again")
        best = min(ours)
        said = [round(each[0], 1) for each in ours]
        say(f"proof: {said} s; by hand {[round(each, 1) for each in bare]} s")
        return {
            "proof_s": round(best[0], 2),
            "proof_mb_per_s": round(best[2] / 1e6 / best[0], 1),
            "proof_vs_bare_restore": round(best[0] / min(bare), 2),
            "proof_peak_mb": round(max(each[1] for each in ours)),
        }

    def storage(self) -> dict[str, Any]:
        """What daily dumps of a changing database need, in percent of the dumps themselves."""
        self.emptied()
        raw = 0
        for day in range(self.wanted.days):
            self.sql(scripts.DAY, day)
            [saved] = [one for one in self.ours("backup")["events"] if one["type"] == "saved"]
            raw += saved["bytes"]
        held = int(on(self.server, "du -sb /srv/ours").split()[0])
        say(f"{self.wanted.days} dumps of {raw / 1e6:.0f} MB together are {held / 1e6:.0f} MB")
        return {"storage_percent_of_raw": round(100 * held / raw, 1), "dumps": self.wanted.days}


def faults(work: Path) -> dict[str, int]:
    """The rows of the table: how many were tried, and how many were not found."""
    report = work / "faults.xml"
    words = ["-q", "tests/journeys/test_faults.py", "-k", "silently", f"--junit-xml={report}"]
    environment = {name: value for name, value in os.environ.items() if name != "SEAWALL_LAB_HOME"}
    subprocess.run([sys.executable, "-m", "pytest", *words], cwd=ROOT, env=environment, check=False)
    suite = Xml.parse(report).getroot().find("testsuite")
    assert suite is not None
    missed = int(suite.attrib["failures"]) + int(suite.attrib["errors"])
    return {"silent_failures_tried": int(suite.attrib["tests"]), "silent_failures_missed": missed}


def shown(took: dict[str, float]) -> str:
    return ", ".join(f"{who} {seconds:.1f} s" for who, seconds in took.items())


def say(text: str) -> None:
    print(text, flush=True)
