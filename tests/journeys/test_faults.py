"""Whatever breaks between a database and its proven copy is said, and never taken for a success.

One server with a small Postgres. Every row of the table begins with a copy that is stored and
proven, breaks one thing, tries what the timer would try, and puts the clock on by one and a half
periods: what `check` makes of it then has to name the fault.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from bucket import Bucket, bucket
from conftest import Boot, Project, on
from faults import BUCKET, FAULTS, HIDDEN, LOCAL, STATE, TOLD, Fault

from seawall import config as configuration
from seawall.features.stability.backups import Backups
from seawall.features.stability.backups.backups_test import SABOTAGES
from seawall.kit.check import Look, Unknown, checks_of
from seawall.lab.record import LabServer
from seawall.secrets import Store

pytestmark = pytest.mark.journey
MORE = """\
databases:
  main: {{ engine: postgres, server: web1 }}
backups:
  to:
    to: "{to}"
    secrets: {{ AWS_ACCESS_KEY_ID: BACKUP_ID, AWS_SECRET_ACCESS_KEY: BACKUP_KEY }}
"""
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
        code = work.work(verb, [], events.append)
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
        places = [f"s3:http://{here.host}:{here.port}/{name}/web1" for name in NAMES]
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
        look = Look(loaded, "web1", True, facts, {})
        for check in checks_of(Backups):
            try:
                for one in getattr(feature, check.method)(look):
                    assert one.fix, one
                    found.append(f"{check.method}: {one.problem}; {one.evidence}")
            except Unknown as error:
                found.append(f"{check.method} is unknown: {error}")
        return found


NAMES = ("other", "empty", "gone")


@pytest.fixture(scope="module")
def site(
    boot: Boot, projects: Callable[[], Project], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    server = boot("web1")
    host = re.sub(r"\.\d+$", ".1", server.address)
    with (
        bucket(host, tmp_path_factory.mktemp("weed")) as storage,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setenv("XDG_DATA_HOME", str(tmp_path_factory.mktemp("share")))
        made = Site(server, projects(), storage)
        made.project.describe(server, more=MORE.format(to=storage.to))
        loaded = configuration.load(made.project.folder / "seawall.yml")
        keys = {"BACKUP_ID": storage.key, "BACKUP_KEY": storage.secret}
        Store.open(loaded, create=True).update(keys)
        on(server, QUIET)
        made.project.run("apply", "--yes")
        prepare(made)
        yield made


QUIET = """
mkdir -p /etc/systemd/system/seawall-backup.service.d
printf '[Service]\\nExecStart=\\nExecStart=/bin/true\\n' \
  > /etc/systemd/system/seawall-backup.service.d/quiet.conf
"""
"""The timer stays as it is; what it starts does nothing, so that nobody comes between."""


def prepare(site: Site) -> None:
    """A database with something of everything, and a good copy of it in both places."""
    schema = (Path(__file__).parent / "data.sql").read_text() + "CREATE TABLE counts (n int);"
    sql = "cd /; runuser -u postgres -- psql -XqAt -v ON_ERROR_STOP=1"
    site.shell(f"cat > /root/drive.py <<'END'\nNEEDED = {NEEDED}\n{DRIVE}\nEND")
    site.shell(f"{sql} -d main <<'END'\n{schema}\nEND\nrunuser -u postgres -- createdb -T main old")
    site.shell(f"{sql} -c \"UPDATE pg_database SET datistemplate = true WHERE datname = 'old'\"")
    for place in (BUCKET, LOCAL):
        if place == LOCAL:
            site.edit("d['destinations'][0]['repository'] = '/srv/copies/web1'")
            site.shell(f"rm -r {STATE}")
        assert site.drive("backup").code == 0 and site.drive("prove").code == 0
        site.keep(place)
    site.edit("d['destinations'][0]['repository'] = other")
    site.shell(f"rm -r {STATE}")
    assert site.drive("backup").code == 0


def test_nothing_is_found_where_nothing_is_wrong(site: Site) -> None:
    for place in (BUCKET, LOCAL):
        site.back(place)
        seen = site.drive("backup")
        assert seen.code == 0 and seen.successes and not seen.found, seen


def test_the_timer_comes_back_with_an_apply(site: Site) -> None:
    site.back(BUCKET)
    on(site.server, SABOTAGES["backups.scheduled"].break_it)
    assert any(line.startswith("scheduled: ") for line in site.drive("").found)
    site.project.run("apply", "--yes")
    assert not site.drive("").found


@pytest.mark.parametrize("name", FAULTS)
def test_nothing_fails_silently(site: Site, name: str) -> None:
    row = FAULTS[name]
    seen = site.known.get(row.patch) or broken(site, row)
    if row.verb and row.fails:
        assert seen.code != 0 and not seen.successes, seen
        assert re.search(row.said, seen.said), seen
    assert any(re.search(row.found, line) for line in seen.found), seen


def broken(site: Site, row: Fault) -> Outcome:
    """What is said once this is broken; it is mended afterwards."""
    site.back(row.place)
    if row.edit:
        site.edit(row.edit)
    try:
        if row.sql and row.sql != "true":
            site.shell(f'cd /; runuser -u postgres -- psql -qd main -c "{row.sql}"')
        site.shell(row.damage.replace("$PORT", str(site.bucket.port)) or "true")
        seen = site.drive(row.verb, row.clock or 1.5 * PERIOD, row.patch)
        if row.patch:
            site.known[row.patch] = seen
        return seen
    finally:
        site.shell(row.repair or "true")
        if row.sql:
            site.shell(AGAIN)
