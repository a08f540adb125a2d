"""A server whose backups can be broken, and judged at another time."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bucket import Bucket
from conftest import Project, on
from faults import BUCKET, HIDDEN, LOCAL, STATE, TOLD

from seawall import config as configuration
from seawall.features.stability.backups import Backups
from seawall.kit.check import Look, Unknown, checks_of
from seawall.lab.record import LabServer

PERIOD = 6 * 3600
NEEDED = sorted({name for check in checks_of(Backups) for name in check.needs})
DRIVE = """
import json, sys, time
sys.path.insert(0, '/usr/local/lib/seawall/agent.pyz')
from seawall.agent import probes
from seawall.agent.backups import work
verb, later, events, code = sys.argv[1], float(sys.argv[2]), [], None
if len(sys.argv) > 3:
    exec(open(sys.argv[3]).read())
if verb:
    try:
        code = work.work(verb, {}, events.append)
    except Exception as error:
        events.append({'type': 'crash', 'problem': repr(error)})
real = time.time
time.time = lambda: real() + later
facts = probes.run(NEEDED)
print(json.dumps({'code': code, 'events': events, 'facts': facts}))
"""
"""What the timer's service does, and then what `check` is told, at another time if need be."""
KEEP = f"""
rm -rf /root/good.$1; mkdir /root/good.$1
cp -a {STATE} /root/good.$1/state; cp -a {TOLD} {HIDDEN} /root/good.$1
[ ! -e /srv/copies ] || cp -a /srv/copies /root/good.$1/copies
"""
BACK = f"""
rm -rf {STATE} /srv/copies; cp -a /root/good.$1/state {STATE}
cp -a /root/good.$1/*.json /etc/seawall
[ ! -e /root/good.$1/copies ] || cp -a /root/good.$1/copies /srv/copies
"""
AGAIN = """
cd /; runuser -u postgres -- dropdb -f main; runuser -u postgres -- createdb -O main -T old main
"""
EDIT = """
python3 - <<'END'
import json
d, h = json.load(open('{TOLD}')), json.load(open('{HIDDEN}'))
reader, other, empty, gone = {names}
{edit}
json.dump(d, open('{TOLD}', 'w')); json.dump(h, open('{HIDDEN}', 'w'))
END
"""


@dataclass
class Outcome:
    """How a run ended, and what `check` makes of it."""

    code: int | None
    events: list[dict[str, Any]]
    facts: dict[str, Any]
    found: list[str]

    @property
    def said(self) -> str:
        """What the run complained about."""
        lines = [
            [one.get("problem"), one.get("output"), *one.get("wrong", ())] for one in self.events
        ]
        return "\n".join(str(each) for line in lines for each in line if each)

    @property
    def successes(self) -> list[dict[str, Any]]:
        return [one for one in self.events if one["type"] in ("saved", "proven")]

    @property
    def copies(self) -> int:
        stored = self.facts["backups"]["datasets"]["main"]["stored"]["main"]
        return int(stored["copies"])


@dataclass
class Site:
    """The server, and the ways to break it."""

    server: LabServer
    project: Project
    bucket: Bucket
    known: dict[str, Outcome] = field(default_factory=dict)
    """What was said of a copy that several rows look at."""

    def shell(self, script: str) -> str:
        return on(self.server, script)

    def keep(self, place: str) -> None:
        self.shell(KEEP.replace("$1", place))

    def back(self, place: str) -> None:
        self.shell(BACK.replace("$1", place))

    def edit(self, change: str) -> None:
        """Change what an apply wrote; `d` is told, `h` is hidden."""
        here = self.bucket
        reader = {"AWS_ACCESS_KEY_ID": here.reader, "AWS_SECRET_ACCESS_KEY": here.secret}
        places = [f"s3:http://{here.host}:{here.port}/{name}/site1" for name in NAMES]
        names = (reader, *places)
        self.shell(EDIT.format(TOLD=TOLD, HIDDEN=HIDDEN, names=repr(names), edit=change))

    def drive(self, verb: str, later: float = 0, patch: str = "") -> Outcome:
        """Do what the timer would, and judge at another time."""
        if patch:
            self.shell(f"cat > /root/patch.py <<'END'\n{patch}\nEND")
        words = f"'{verb}' {later} {'/root/patch.py' if patch else ''}"
        told = json.loads(self.shell(f"python3 /root/drive.py {words}").splitlines()[-1])
        return Outcome(**told, found=self.judged(told["facts"]))

    def judged(self, facts: dict[str, Any]) -> list[str]:
        """Every finding of the checks of backups: `check: problem; evidence`."""
        loaded = configuration.load(self.project.folder / "seawall.yml")
        feature, found = loaded.of(Backups), []
        look = Look(loaded, "site1", True, facts, {})
        for check in checks_of(Backups):
            try:
                for one in getattr(feature, check.method)(look):
                    assert one.fix, one
                    found.append(f"{check.method}: {one.problem}; {one.evidence}")
            except Unknown as error:
                found.append(f"{check.method} is unknown: {error}")
        return found


NAMES = ("other", "empty", "gone")


QUIET = """
mkdir -p /etc/systemd/system/seawall-backup.service.d
printf '[Service]\\nExecStart=\\nExecStart=/bin/true\\n' \
  > /etc/systemd/system/seawall-backup.service.d/quiet.conf
"""
"""The timer stays as it is; what it starts does nothing, so that nobody comes between."""


def prepare(site: Site) -> None:
    """A database with something of everything, and a good copy of it in both places."""
    schema = (
        Path(__file__).parent / "journeys" / "data.sql"
    ).read_text() + "CREATE TABLE counts (n int);"
    sql = "cd /; runuser -u postgres -- psql -XqAt -v ON_ERROR_STOP=1"
    site.shell(f"cat > /root/drive.py <<'END'\nNEEDED = {NEEDED}\n{DRIVE}\nEND")
    site.shell(f"{sql} -d main <<'END'\n{schema}\nEND\nrunuser -u postgres -- createdb -T main old")
    site.shell(f"{sql} -c \"UPDATE pg_database SET datistemplate = true WHERE datname = 'old'\"")
    for place in (BUCKET, LOCAL):
        if place == LOCAL:
            site.edit("d['destinations'][0]['repository'] = '/srv/copies/site1'")
            site.shell(f"rm -r {STATE}")
        assert site.drive("backup").code == 0 and site.drive("prove").code == 0
        site.keep(place)
    site.edit("d['destinations'][0]['repository'] = other")
    site.shell(f"rm -r {STATE}")
    assert site.drive("backup").code == 0


KEYS = f"""
export RESTIC_PASSWORD=$(python3 -c "import json; print(json.load(open('{HIDDEN}'))['passphrase'])")
"""
"""What root on the server can do, too."""
BACK_OF_STATE = BACK.replace("$1", LOCAL)
