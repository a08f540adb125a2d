"""SQLite and Redis, from an app that writes to both to copies that are proven, or said to be none.

One server, whose Redis had data before Seawall came. Copies lie in a folder: other places are the
journey of data.
"""

import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from conftest import Boot, Project, on
from visitors import forget_knocks

from seawall import config as configuration
from seawall import engine
from seawall.features.stability.backups.stock import commands
from seawall.kit import CheckResult
from seawall.lab.record import LabServer
from seawall.secrets import Store

SMALL = ("sqlite", "redis")
pytestmark = pytest.mark.journey
MORE = """\
databases:
  notes: { engine: sqlite, server: small, file: /srv/notes/main.db,
           assert: ["SELECT count(*) > 0 FROM notes"] }
  cache: { engine: redis, server: small, assert: ["EXISTS visits"] }
  far: { engine: postgres, server: small, url: FAR_URL }
apps:
  web:
    process: python3 app.py
    uses: [cache, notes]
    uploads: [/srv/notes]
    domain: web.example
    certificate: internal
    health: /
backups:
  to: /srv/copies
"""
FAR = "postgresql://outer:sesame@127.0.0.1:5999/shop"
ELSEWHERE = """
test -z "$(pg_lsclusters -h)"
pg_createcluster --port 5999 15 far >/dev/null
cat > /etc/postgresql/15/far/pg_hba.conf <<'END'
local all postgres peer
hostssl all all 127.0.0.1/32 scram-sha-256
END
pg_ctlcluster 15 far start
cd /; runuser -u postgres -- psql -q -p 5999 -v ON_ERROR_STOP=1 <<'END'
CREATE ROLE outer LOGIN SUPERUSER PASSWORD 'sesame';
CREATE DATABASE shop;
\\c shop
CREATE TABLE sold AS SELECT n, 'thing ' || n AS what FROM generate_series(1, 1000) n;
END
"""
"""A Postgres that is not Seawall's, and lets nobody in who does not speak TLS."""
BEFORE = """
apt-get -qq update && apt-get -qq -y --no-install-recommends install redis-server >/dev/null 2>&1
systemctl start redis-server
for i in $(seq 100); do redis-cli PING 2>/dev/null | grep -q PONG && break; sleep 0.1; done
redis-cli SET before seawall >/dev/null; redis-cli CONFIG GET appendonly | tail -1
"""
CLI = """
export REDISCLI_AUTH=$(python3 - <<'END'
import sys; sys.path.insert(0, '/usr/local/lib/seawall/agent.pyz')
from seawall.agent.steps.redis import password
print(password())
END
)
"""
"""redis-cli finds its password in the environment, as it does in the agent."""
SLOWLY = """
cat > /usr/local/bin/redis-server <<'END'
#!/bin/sh
exec /usr/bin/redis-server "$@" --key-load-delay 1000000
END
chmod 755 /usr/local/bin/redis-server
"""
"""A scratch server takes a second for each key: long enough to be seen, on any machine."""
FORMER = "$(echo /srv/notes.before-*/main.db.before-*)"
AGENT = """
python3 - <<'END'
import sys; sys.path.insert(0, '/usr/local/lib/seawall/agent.pyz')
{}
END
"""


@dataclass
class Small:
    """A server with small databases."""

    server: LabServer
    project: Project

    def redis(self, *words: str) -> str:
        return on(self.server, f"{CLI}redis-cli {' '.join(words)}")

    def sqlite(self, statement: str, file: str = "/srv/notes/main.db") -> str:
        code = f"import sqlite3; c = sqlite3.connect('{file}'); "
        code += f'print(c.execute("{statement}").fetchone()); c.commit()'
        return on(self.server, f"python3 - <<END\n{code}\nEND")

    def backup(self, *words: str, code: int = 0) -> list[dict[str, str]]:
        """Save or prove now; the events of the one server."""
        forget_knocks(self.server)
        [server] = self.project.json("backup", *words, code=code)["servers"]
        events: list[dict[str, str]] = server["events"]
        return events

    def snapshots(self) -> str:
        """How many there are, as the destination's own folder tells."""
        return on(self.server, "ls /srv/copies/small/snapshots | wc -l")

    def asked(self, *checks: str) -> list[CheckResult]:
        """How these checks end now, in this order."""
        forget_knocks(self.server)
        loaded = configuration.load(self.project.folder / "seawall.yml")
        options = engine.CheckOptions(only=checks)
        section = engine.check(loaded, ["small"], options=options).sections[-1]
        found = {each.check.id: each for each in section.results}
        return [found[check] for check in checks]


@pytest.fixture(scope="module")
def small(
    boot: Boot, projects: Callable[[], Project], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Small]:
    server = boot("small")
    assert on(server, BEFORE) == "no"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_DATA_HOME", str(tmp_path_factory.mktemp("share")))
        project = projects()
        project.describe(server, more=MORE)
        loaded = configuration.load(project.folder / "seawall.yml")
        Store.open(loaded, create=True).update({"FAR_URL": FAR})
        shutil.copy(Path(__file__).parent / "small" / "app.py", project.folder)
        for words in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "Begin"]):
            who = ["-c", "user.name=Dana", "-c", "user.email=dana@acme.example"]
            subprocess.run(["git", *who, *words], cwd=project.folder, check=True)
        project.run("up", "--yes", code=None)
        on(server, "systemctl stop seawall-backup.timer seawall-backup.service")
        yield Small(server, project)


def test_an_app_writes_to_both_and_what_was_there_before_is_there(small: Small) -> None:
    assert small.redis("GET", "before") == "seawall"
    assert small.redis("CONFIG", "GET", "appendonly").split()[-1] == "yes"
    assert int(small.redis("GET", "visits")) > 0
    told = small.sqlite("SELECT count(*) FROM notes")
    assert told != "(0,)", told
    assert on(small.server, "stat -c '%U %a' /srv/notes/main.db").startswith("app-web")
    shut = on(small.server, "stat -c '%U:%G %a' /etc/redis/seawall.secret.conf")
    assert shut == "root:redis 640"
    said = on(small.server, "redis-cli PING 2>&1; ss -Hltn | awk '/:6379 /{print $4}'").split()
    assert said[0] == "NOAUTH" and said[-2:] == ["127.0.0.1:6379", "[::1]:6379"], said


def test_both_are_opened_by_their_own_clients(small: Small) -> None:
    told = small.project.run("db", "notes", "--", "SELECT count(*) > 0 FROM notes")
    assert told.strip().splitlines()[-1] == "1", told
    told = small.project.run("db", "cache", "--", "GET", "before")
    assert told.strip().splitlines()[-1] == "seawall", told
    refused = small.project.run("db", "far", code=2)
    assert "runs elsewhere" in refused and "sesame" not in refused


def test_all_are_saved_and_proven(small: Small) -> None:
    """The one that runs elsewhere, too: over TLS, with nothing of a server of its own here."""
    wal = on(small.server, "stat -c %s /srv/notes/main.db-wal")
    assert int(wal) > 0, "nothing is outside the file itself"
    on(small.server, f"echo hi > /srv/notes/plain.txt{ELSEWHERE}")
    saved = small.backup("now")
    assert sorted((one["type"], one["dataset"]) for one in saved) == [
        ("saved", "cache"),
        ("saved", "far"),
        ("saved", "notes"),
        ("saved", "web-uploads"),
    ]
    proven = small.backup("prove")
    assert [(one["type"], one["wrong"]) for one in proven] == [("proven", [])] * 4, proven
    assert small.asked("backups.proven")[0].state == "fine"
    left = on(small.server, "ls /var/lib/seawall-scratch | wc -l; pgrep -c redis-server || true")
    assert left.split() == ["0", "1"], left


def test_a_database_is_no_file_of_the_uploads(small: Small) -> None:
    """Its file and its -wal, copied one after the other, would be torn."""
    code = """
from seawall.agent.backups import declared, restic
told = declared.declared()
first = restic.Repository(told, told.destinations[0])
print(first.ask(['ls', 'latest', '--tag=dataset=web-uploads']))
"""
    listed = on(small.server, AGENT.format(code))
    assert "/srv/notes/plain.txt" in listed and "main.db" not in listed, listed


def test_a_proof_that_is_killed_leaves_no_redis_behind(small: Small) -> None:
    on(small.server, SLOWLY)
    kill = (
        "for i in $(seq 1200); do pgrep -f '[r]edis-server.*unixsocket' >/dev/null"
        " && pkill -KILL -f '[p]yz asked' && break; sleep 0.02; done"
    )
    on(small.server, f"({kill}) >/dev/null 2>&1 &")
    small.project.run("backup", "prove", "--data", "cache", code=1)
    on(small.server, "rm /usr/local/bin/redis-server")
    gone = "for i in $(seq 100); do [ $(pgrep -c redis-server) = 1 ] && break; sleep 0.1; done"
    assert on(small.server, f"{gone}; pgrep -c redis-server") == "1"


RESTORE = """
from seawall.agent.backups import declared, restoring
told = declared.declared()
for name in ('notes', 'cache', 'web-uploads'):
    restoring.restore(told, restoring.Asked(name, live=True, safety=False), print)
"""


def test_a_restore_takes_the_place_of_what_is_live(small: Small) -> None:
    """While the app runs, which visitors keep writing; and folders leave the database in them."""
    on(small.server, "rm /srv/notes/plain.txt; systemctl is-active app-web-1-1.service")
    small.sqlite("UPDATE notes SET said = 'spoiled'")
    small.redis("DEL", "before")
    inode = on(small.server, "stat -c %i /srv/notes/main.db")
    said = on(small.server, AGENT.format(RESTORE))
    assert said.count("'ok': True") == 3, said
    assert small.redis("GET", "before") == "seawall"
    spoiled = "SELECT min(id), sum(said = 'spoiled') > 0 FROM notes"
    assert small.sqlite(spoiled) == "(1, 0)"
    seen = on(small.server, "cat /srv/notes/plain.txt; stat -c '%i %U' /srv/notes/main.db")
    assert seen.split() == ["hi", inode, "app-web"], seen
    assert small.sqlite(spoiled, FORMER) == "(1, 1)"


def test_what_was_lost_comes_back_with_stock_tools(small: Small) -> None:
    """By the commands of the recovery kit, as they are, while the app is stopped."""
    on(small.server, "systemctl stop app-web-1-1.service")
    small.backup("now", "--data", "notes", "--data", "cache")
    before = small.sqlite("SELECT count(*), sum(id) FROM notes"), small.redis("GET", "visits")
    loaded = configuration.load(small.project.folder / "seawall.yml")
    passphrase = Store.open(loaded).get("BACKUP_PASSPHRASE")
    here = f"export RESTIC_REPOSITORY=/srv/copies/small RESTIC_PASSWORD='{passphrase}'"
    whole = [commands("small", each) for each in loaded.datasets("small") if each.engine in SMALL]
    small.redis("FLUSHALL")
    on(small.server, "rm /srv/notes/main.db*")
    on(small.server, "\n".join([here, "cd $(mktemp -d); set -e", *whole]))
    owner = on(small.server, "stat -c %U /srv/notes/main.db")
    until = "for i in $(seq 100); do redis-cli PING 2>&1 | grep -q NOAUTH && break; sleep 0.1; done"
    on(small.server, until)
    after = small.sqlite("SELECT count(*), sum(id) FROM notes"), small.redis("GET", "visits")
    on(small.server, "systemctl start app-web-1-1.service")
    assert before == after and owner == "app-web", (before, after, owner)
    assert small.redis("GET", "before") == "seawall"


STALE = """
from seawall.agent.backups import declared, making
from seawall.agent.backups.engines import keys, rows
def changed(module, part, name):
    measure = module.measure
    def measured(*words):
        made = measure(*words)
        made[part][name]['sum'] = '0' * 16
        return made
    module.measure = measured
changed(rows, 'rows of', 'notes')
changed(keys, 'keys', 'string in 0')
assert making.make(declared.declared(), ['notes', 'cache'], lambda event: None)
"""
"""Save both with a manifest that says that one table, or one kind of key, held something else."""


def test_one_changed_value_is_found(small: Small) -> None:
    on(small.server, AGENT.format(STALE))
    proofs = small.backup("prove", "--data", "notes", "--data", "cache", code=1)
    assert [(one["type"], len(one["wrong"])) for one in proofs] == [("unproven", 1)] * 2, proofs
    assert on(small.server, "ls /var/lib/seawall-scratch | wc -l") == "0", (
        "the killed one's is left"
    )
    assert proofs[0]["wrong"][0].startswith("rows of notes: "), proofs
    assert proofs[1]["wrong"][0].startswith("keys string in 0: "), proofs
    assert small.asked("backups.proven")[0].state == "found"


@dataclass(frozen=True)
class Torn:
    """What breaks a dump of a dataset, and what must be said of it."""

    name: str
    said: str
    damage: str
    repair: str


WRAPPED = """cat > /usr/local/bin/redis-cli <<'END'
#!/bin/sh
/usr/bin/redis-cli "$@"; for file; do :; done; truncate -s -9 "$file"
END
chmod 755 /usr/local/bin/redis-cli"""
UNWRAP = "rm /usr/local/bin/redis-cli"
CHECKPOINT = "import sqlite3; sqlite3.connect('main.db').execute('PRAGMA wal_checkpoint(TRUNCATE)')"
OVERWRITE = f"""cd /srv/notes; python3 -c "{CHECKPOINT}"
dd if=main.db of=/root/page bs=4096 skip=1 count=1 status=none
yes | dd of=main.db bs=4096 seek=1 count=1 iflag=fullblock conv=notrunc status=none"""
PUT_BACK = "dd if=/root/page of=/srv/notes/main.db bs=4096 seek=1 conv=notrunc status=none"
TORN = {
    "the dump of Redis is cut short": Torn("cache", "cannot be loaded", WRAPPED, UNWRAP),
    "Redis is down": Torn(
        "cache", "cannot be reached", "systemctl stop redis-server", "systemctl start redis-server"
    ),
    "the password is another": Torn(
        "cache",
        "WRONGPASS",
        f"{CLI}redis-cli CONFIG SET requirepass other >/dev/null",
        "systemctl restart redis-server",
    ),
    "the file is gone": Torn(
        "notes", "is not there", "mv /srv/notes /srv/moved", "mv /srv/moved /srv/notes"
    ),
    "a page of the file is overwritten": Torn(
        "notes", "damaged|cannot be copied", OVERWRITE, PUT_BACK
    ),
}


@pytest.mark.parametrize("case", TORN)
def test_what_is_torn_is_no_copy(small: Small, case: str) -> None:
    torn = TORN[case]
    before = small.snapshots()
    on(small.server, torn.damage)
    try:
        [event] = small.backup("now", "--data", torn.name, code=1)
    finally:
        on(small.server, torn.repair)
    assert event["type"] == "unsaved" and re.search(torn.said, event["problem"]), event
    assert small.snapshots() == before


STRAYS = {
    "mkdir -p /srv/other; python3 -c \"import sqlite3; c = sqlite3.connect('/srv/other/x.db');"
    " c.execute('CREATE TABLE t (a)')\"": "nobody saves /srv/other/x.db",
    "cp /srv/other/x.db /srv/notes/more.db": (
        "/srv/notes/more.db is saved as a file, and may be torn"
    ),
    "mkdir -p /var/lib/mysql; touch /var/lib/mysql/ibdata1": "nobody saves the data of mariadb",
    "mkdir -p /var/lib/docker/volumes/pg/_data/base": "nobody saves the volume pg",
    "echo '0 3 * * * root mongodump -o /b' > /etc/cron.d/dump": (
        "dumps of mongodb are made that nobody proves"
    ),
}
TIDY = "rm -r /srv/other /srv/notes/more.db /var/lib/mysql /var/lib/docker /etc/cron.d/dump"
IGNORED = "[/srv/other, /srv/notes/more.db, /var/lib/mysql, pg, /etc/cron.d/dump]"


CHECKS = ("databases.closed", "backups.covered")


def test_what_is_open_or_not_saved_is_found_until_it_is_healed(small: Small) -> None:
    """Redis without a password; and data that nobody declared, until somebody says to ignore it."""
    assert {each.state for each in small.asked(*CHECKS)} == {"fine"}
    small.redis("CONFIG", "SET", "requirepass", "''")
    on(small.server, "\n".join(STRAYS))
    closed, covered = small.asked(*CHECKS)
    assert [one.problem for one in closed.findings] == ["Redis has no password"] * 2, closed
    assert {one.problem for one in covered.findings} == set(STRAYS.values()), covered
    assert all(one.fix for one in (*closed.findings, *covered.findings))
    file = small.project.folder / "seawall.yml"
    file.write_text(f"{file.read_text()}  ignore: {IGNORED}\n")
    on(small.server, "systemctl restart redis-server")
    assert {each.state for each in small.asked(*CHECKS)} == {"fine"}
    on(small.server, TIDY)
