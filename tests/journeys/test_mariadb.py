"""MariaDB, from its declaration to a copy that is proven to come back, with every pitfall in it.

One server, one database, its copies in a folder. What a dump of MariaDB is known to lose, to round
or to leave out is in mariadb.sql.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from shlex import quote

import pytest
from conftest import Boot, Project, on

from seawall import config as configuration
from seawall import engine
from seawall.features.stability.backups import PASSPHRASE, stock
from seawall.features.stability.databases.kinds import mariadb_test
from seawall.kit import CheckResult
from seawall.kit.dataset import Dataset
from seawall.lab.record import LabServer
from seawall.secrets import Store

pytestmark = pytest.mark.journey
MORE = """\
databases:
  main:
    engine: mysql
    server: maria
    settings: { max_connections: 77 }
    assert: ["SELECT sum(n) = 0 FROM balances", "SELECT count(*) > 10 FROM users"]
backups: { to: /srv/copies }
"""
SQL = "mariadb --default-character-set=utf8mb4 --batch --skip-column-names"


@dataclass
class Shop:
    """A server with a database, and what `up` said of it."""

    server: LabServer
    project: Project

    def sql(self, question: str) -> str:
        return on(self.server, f"{SQL} main <<'END'\n{question}\nEND")

    def backup(self, *words: str, code: int = 0) -> dict[str, str]:
        """Save or prove now; the last event of the database."""
        [server] = self.project.json("backup", *words, code=code)["servers"]
        last: dict[str, str] = server["events"][-1]
        return last

    def ask(self, *checks: str) -> dict[str, CheckResult]:
        """Make these checks on the server as it is now."""
        loaded = configuration.load(self.project.folder / "seawall.yml")
        options = engine.CheckOptions(only=checks)
        section = engine.check(loaded, ["maria"], options=options).sections[-1]
        return {each.check.id: each for each in section.results if each.check.id in checks}

    @property
    def password(self) -> str:
        loaded = configuration.load(self.project.folder / "seawall.yml")
        return Store.open(loaded).get("DATABASE_MAIN_PASSWORD")

    def measured(self) -> str:
        """All that is compared of the live database."""
        return on(self.server, AGENT.format(then="print(json.dumps(now(), sort_keys=True))"))


AGENT = """
cp /usr/local/lib/seawall/agent.pyz /root/stale.pyz; cd /root
python3 - <<'END'
import json, sys; sys.path.insert(0, '/root/stale.pyz')
from seawall.agent.backups import declared, making
from seawall.agent.backups.engines import mariadb, mysql, mysql_accounts, mysql_catalogue
def now():
    with mysql.Session(mysql.here(), 'main') as session:
        accounts = mysql_accounts.compared(mysql_accounts.accounts(session, 'main'))
        session.ask('START TRANSACTION WITH CONSISTENT SNAPSHOT')
        return {{**accounts, **mysql_catalogue.measure(session)}}
{then}
END
"""


@pytest.fixture(scope="module")
def shop(boot: Boot, projects: Callable[[], Project]) -> Iterator[Shop]:
    server = boot("maria")
    made = Shop(server, projects())
    made.project.describe(server, more=MORE)
    said = made.project.run("up", "--yes", code=None)
    assert "database main" in said, said
    # From here on only what a test asks for is saved.
    on(server, "systemctl stop seawall-backup.timer seawall-backup.service")
    made.sql((Path(__file__).parent / "mariadb.sql").read_text())
    yield made


def test_the_app_reaches_its_own_database_and_no_other(shop: Shop) -> None:
    client = f"MYSQL_PWD={quote(shop.password)} {SQL} -h 127.0.0.1 -u main"
    asked = "SELECT current_user(), @@character_set_database, @@max_connections"
    assert on(shop.server, f"{client} main -e '{asked}'") == "main@localhost\tutf8mb4\t77"
    refused = f"{client} -e 'SELECT * FROM mysql.global_priv' 2>&1; true"
    assert "denied" in on(shop.server, refused)
    listens = on(shop.server, "ss -Hltn sport = :3306").split()[3]
    assert listens == "127.0.0.1:3306"
    [plan] = shop.project.json("plan")["servers"]
    assert [one["what"] for one in plan["changes"]] == ["seawall-backup.timer"], plan


def test_a_setting_that_mariadb_does_not_know_changes_nothing(shop: Shop) -> None:
    file = shop.project.folder / "seawall.yml"
    kept = file.read_text()
    file.write_text(kept.replace("max_connections", "work_mem"))
    try:
        said = shop.project.run("apply", "--yes", code=1)
    finally:
        file.write_text(kept)
    assert "MariaDB does not know these settings" in said and "work_mem" in said, said
    assert shop.sql("SELECT @@max_connections") == "77"
    shop.project.run("apply", "--yes")
    on(shop.server, "systemctl stop seawall-backup.timer seawall-backup.service")


LOAD = """
cat > /root/load.sh <<'END'
while [ -e /root/loading ]; do
  a=$((RANDOM % 50 + 1)); b=$((RANDOM % 50 + 1))
  echo "BEGIN; UPDATE balances SET n = n - 1 WHERE id = $a;"
  echo "INSERT INTO log (said) VALUES ('é $a');"
  echo "UPDATE balances SET n = n + 1 WHERE id = $b; COMMIT;"
done | mariadb --default-character-set=utf8mb4 main
END
touch /root/loading; systemd-run -q --unit load bash /root/load.sh
"""


def test_what_is_saved_under_load_is_proven_and_comes_back_with_stock_tools(shop: Shop) -> None:
    shop.sql("SELECT count(*) FROM log")
    on(shop.server, LOAD)
    before = int(shop.sql("SELECT count(*) FROM log"))
    saved = shop.backup("now")
    after = int(shop.sql("SELECT count(*) FROM log"))
    on(shop.server, "rm /root/loading; systemctl stop load")
    assert (saved["type"], saved["dataset"]) == ("saved", "main"), saved
    assert after > before
    proof = shop.backup("prove")
    assert (proof["type"], proof["wrong"]) == ("proven", []), proof
    assert shop.ask("backups.proven")["backups.proven"].state == "fine"
    restored_as_it_was(shop)


def restored_as_it_was(shop: Shop) -> None:
    """Save, destroy, and bring back with what the recovery kit says: everything is the same."""
    shop.backup("now")
    lost = shop.measured()
    loaded = configuration.load(shop.project.folder / "seawall.yml")
    commands = stock.commands("maria", Dataset("main", "mariadb", {"database": "main"}))
    on(
        shop.server,
        f"export RESTIC_PASSWORD={quote(Store.open(loaded).get(PASSPHRASE))}\n"
        "export RESTIC_REPOSITORY=/srv/copies/maria\n"
        "mariadb -e \"DROP DATABASE main; DROP USER main@localhost, writer@'10.0.0.%'\"\n"
        "mkdir /root/kit; cd /root/kit\n" + commands.replace("apt-get", "true apt-get"),
    )
    assert shop.measured() == lost
    on(shop.server, "rm -r /root/kit")
    shop.sql("SELECT max(id) FROM users; INSERT INTO users (name) VALUES ('again')")
    [plan] = shop.project.json("plan")["servers"]
    assert [one["what"] for one in plan["changes"]] == ["seawall-backup.timer"], plan


KILL = """
( for i in $(seq 600); do
    [ "$(pgrep -cx mariadbd)" = 2 ] && pkill -KILL -f '[p]yz asked' && break; sleep 0.02
  done ) >/dev/null 2>&1 &
"""
RUNNING = "for i in $(seq 100); do [ $(pgrep -cx mariadbd) = 1 ] && break; sleep 0.1; done"


def test_a_proof_that_is_killed_leaves_nothing_running(shop: Shop) -> None:
    living = on(shop.server, "pidof mariadbd; cat /proc/$(pidof mariadbd)/io | grep ^write_bytes")
    on(shop.server, KILL)
    shop.project.json("backup", "prove", code=1)
    pid = living.split()[0]
    assert on(shop.server, f"{RUNNING}; pidof mariadbd") == pid
    assert shop.backup("prove")["wrong"] == []
    assert on(shop.server, "ls /var/lib/seawall-scratch; pidof mariadbd") == pid


def test_a_copy_comes_back_beside_the_live_database(shop: Shop) -> None:
    """All of it, or a table; the live one does not notice, and no line of the dump reaches it."""
    living = shop.measured()
    told = "beside('users'), print(json.dumps(beside('')))"
    events = on(shop.server, AGENT.format(then=BESIDE + told)).splitlines()
    restored = json.loads(events[-1])
    assert (restored["ok"], restored["wrong"]) == (True, []), restored
    assert shop.measured() == living
    assert shop.sql(f"SELECT count(*) FROM {restored['where']}.named") == "5001"
    drop_copies(shop)


def drop_copies(shop: Shop) -> None:
    """Take away what was restored beside."""
    on(
        shop.server,
        "for name in $(mariadb -Ne \"SHOW DATABASES LIKE '%restored%'\"); do"
        ' mariadb -e "DROP DATABASE $name"; done',
    )


def test_a_copy_takes_the_place_of_an_empty_database_alone(shop: Shop) -> None:
    refused = on(shop.server, AGENT.format(then=LIVE))
    assert "holds something" in refused, refused
    assert shop.sql("SELECT count(*) FROM users") == "5002"
    on(shop.server, "mariadb -e 'DROP DATABASE main; CREATE DATABASE main'")
    assert on(shop.server, AGENT.format(then=LIVE)).splitlines()[-1] == "back"
    assert shop.sql("SELECT count(*) FROM named") == "5001"
    assert len(shop.sql("SHOW EVENTS").splitlines()) == 2
    drop_copies(shop)


LIVE = """
from seawall.agent import system
from seawall.agent.backups import restoring
asked = restoring.Asked('main', live=True, safety=False)
try:
    print('back' if restoring.restore(declared.declared(), asked, lambda event: None) else 'no')
except system.StepError as error:
    print(error.problem)
"""


BESIDE = """
import time
from seawall.agent.backups import restoring
def beside(table):
    events = []
    restoring.restore(declared.declared(), restoring.Asked('main', table=table), events.append)
    time.sleep(1)  # a copy is called after the second that it was made in
    return events[-1]
"""


CHANGES = {
    "UPDATE users SET score = score + 1 WHERE id = 77": "rows of users",
    "UPDATE users SET hidden = 6 WHERE id = 5": "rows of users",
    "UPDATE users SET picture = CONCAT(picture, x'00') WHERE id = 9": "rows of users",
    "UPDATE old SET t = 'y'": "rows of old",
    "DELETE HISTORY FROM kept": "rows of kept",
    "ALTER TABLE part DROP PARTITION high": "table part",
    "DROP TRIGGER touched": "trigger touched",
    "DROP EVENT nightly": "event nightly",
    "DROP PROCEDURE tidy": "procedure tidy",
    "CREATE OR REPLACE VIEW names AS SELECT id, name FROM users": "view names",
    "REVOKE SELECT ON main.* FROM reader": "account reader",
    "ALTER DATABASE main COLLATE utf8mb4_bin": "database main",
    "UPDATE balances SET n = 1 WHERE id = 1": "SELECT sum(n) = 0 FROM balances is 0",
}
CHANGED = """
before = now()
with mysql.Session(mysql.here(), 'main') as session:
    for change in {changes!r}:
        session.ask(change)
mariadb.compared = lambda found: {{'account': before.pop('account')}}
mysql_catalogue.measure = lambda session: before
assert making.make(declared.declared(), ['main'], lambda event: None)
"""
"""Save the database as it is after changes, with the manifest of how it was before."""


def proof_after(shop: Shop, *changes: str) -> list[str]:
    """What the proof of such a copy says."""
    on(shop.server, AGENT.format(then=CHANGED.format(changes=list(changes))))
    proof = shop.backup("prove", code=1)
    assert proof["type"] == "unproven"
    return list(proof["wrong"])


def test_one_changed_value_in_one_row_is_found(shop: Shop) -> None:
    [only] = proof_after(shop, "UPDATE users SET score = score + 0.001 WHERE id = 77")
    assert only.startswith("rows of users: "), only
    assert shop.ask("backups.proven")["backups.proven"].state == "found"


def test_everything_that_a_copy_lacks_is_named(shop: Shop) -> None:
    wrong = proof_after(shop, *CHANGES)
    missed = [change for change, part in CHANGES.items() if not _named(part, wrong)]
    assert not missed, wrong


def _named(part: str, wrong: list[str]) -> bool:
    return any(line.startswith(part) for line in wrong)


HALF = """
mv /usr/bin/mariadb-dump /usr/bin/mariadb-dump.whole
cat > /usr/bin/mariadb-dump <<'END'
#!/bin/bash
case $1 in --version) exec mariadb-dump.whole --version;; esac
mariadb-dump.whole "$@" | head -c 100000
{then}
END
chmod 755 /usr/bin/mariadb-dump
"""
WHOLE = "mv /usr/bin/mariadb-dump.whole /usr/bin/mariadb-dump"
SILENT = {
    "the dump is killed half way": (HALF.format(then="kill -KILL $$"), WHOLE, "exit code -9"),
    "the dump ends half way and says it is well": (
        HALF.format(then="exit 0"),
        WHOLE,
        "without saying that it is complete",
    ),
    "a view cannot be read": (
        "mariadb main -e 'CREATE TABLE gone (id int); CREATE VIEW broken AS SELECT id FROM gone;"
        " DROP TABLE gone'",
        "mariadb main -e 'DROP VIEW broken'",
        "exit code 2.*broken",
    ),
    "the client is older than the server": (
        HALF.format(then="").replace(
            "exec mariadb-dump.whole --version", "echo mariadb-dump Distrib 10.5.1-MariaDB; exit"
        ),
        WHOLE,
        "older than the server",
    ),
}


@pytest.mark.parametrize("case", SILENT)
def test_nothing_fails_silently(shop: Shop, case: str) -> None:
    damage, repair, said = SILENT[case]
    before = stored(shop)
    on(shop.server, damage)
    try:
        failed = shop.backup("now", code=1)
    finally:
        on(shop.server, repair)
    assert failed["type"] == "unsaved", failed
    assert re.search(said, f"{failed['problem']} {failed['output']}", re.DOTALL), failed
    assert stored(shop) == before
    assert (
        shop.sql("SELECT 1 FROM information_schema.PROCESSLIST WHERE STATE LIKE '%backup%'") == ""
    )


def stored(shop: Shop) -> str:
    """The newest run of the database, as the destination tells."""
    [server] = shop.project.json("backup", "list")["servers"]
    return str(server["datasets"]["main"]["stored"]["main"]["run"])


SABOTAGES = [*mariadb_test.SABOTAGES.items(), *mariadb_test.OTHERS]


def test_every_sabotage_is_found_and_healed(shop: Shop) -> None:
    """One after the other, each found beside those before it; then all are healed at once."""
    shop.sql("ALTER TABLE old ENGINE = InnoDB; DROP USER IF EXISTS writer@'10.0.0.%'")
    checks = {check for check, _ in SABOTAGES}
    before = shop.ask(*checks)
    assert not any(each.findings for each in before.values()), before
    for check, sabotage in SABOTAGES:
        on(shop.server, sabotage.break_it)
        red = shop.ask(check)
        assert len(red[check].findings) == len(before[check].findings) + 1, (sabotage, red)
        assert red[check].state == "found" and all(one.fix for one in red[check].findings), red
        before |= red
    for _, sabotage in SABOTAGES:
        on(shop.server, sabotage.heal if sabotage.heal != "apply" else "true")
    shop.project.run("apply", "--yes")
    assert not any(each.findings for each in shop.ask(*checks).values())
