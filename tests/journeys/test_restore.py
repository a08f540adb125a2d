"""Data comes back: beside the live data, a part of it, or in its place; never half of it."""

import random
import subprocess
import time
from collections.abc import Iterator

import pytest
from conftest import on
from faults import TOLD
from test_data import PSQL, Shop, shop

__all__ = ["shop"]
pytestmark = pytest.mark.journey
PRODUCTION = ("--into-production", "--confirm", "data")
UNIT = "systemctl list-units --plain --no-legend 'seawall-apply-data-*' | cut -d' ' -f1"


def restore(shop: Shop, *words: str, code: int = 0) -> dict[str, object]:
    """Restore; the event that ended it."""
    [server] = shop.project.json("restore", *words, code=code)["servers"]
    event: dict[str, object] = server["events"][-1]
    return event


def first_run(shop: Shop) -> str:
    """The oldest copy, of everything as it was made."""
    return str(shop.project.json("backup", "list")["servers"][0]["copies"][-1]["run"])


def databases(shop: Shop) -> set[str]:
    return set(shop.sql("SELECT datname FROM pg_database WHERE NOT datistemplate").split())


@pytest.fixture(autouse=True)
def swept(shop: Shop) -> Iterator[None]:
    """What a test leaves beside the live database goes."""
    yield
    on(shop.server, f"[ ! -e {TOLD}.kept ] || mv {TOLD}.kept {TOLD}")
    for name in databases(shop) - {"main", "postgres"}:
        shop.sql(f'DROP DATABASE "{name}" WITH (FORCE)', "postgres")


def test_a_copy_beside_has_what_the_live_one_lost(shop: Shop) -> None:
    shop.sql("DELETE FROM users WHERE id > 10")
    shop.sql("ALTER ROLE main PASSWORD 'newer'")
    verifier = shop.sql("SELECT rolpassword FROM pg_authid WHERE rolname = 'main'")
    beside = str(restore(shop, "main")["where"])
    assert beside.startswith("main_restored_")
    assert shop.sql("SELECT count(*) FROM users", beside) == "5000"
    assert shop.sql("SHOW work_mem", beside) == "8MB"
    assert shop.sql("SELECT count(*) FROM users") == "10"
    assert shop.sql("SELECT rolpassword FROM pg_authid WHERE rolname = 'main'") == verifier
    outsider = "SELECT has_database_privilege('pg_monitor', current_database(), 'CONNECT')"
    assert shop.sql(outsider, beside) == "f"


LOAD = """
CREATE TABLE here AS SELECT id, 1000 AS sum FROM generate_series(1, 400) id;
CREATE TABLE there AS SELECT * FROM here;
ALTER TABLE here ADD PRIMARY KEY (id); ALTER TABLE there ADD PRIMARY KEY (id);
CREATE TABLE moved (sum int);
"""
MOVES = """
cat > /tmp/move.sql <<'END'
\\set one random(1, 400)
\\set other random(1, 400)
\\set sum random(1, 50)
BEGIN;
UPDATE here SET sum = sum - :sum WHERE id = :one;
UPDATE there SET sum = sum + :sum WHERE id = :other;
INSERT INTO moved VALUES (:sum);
COMMIT;
END
systemd-run -q --unit=moves -p User=postgres \
  /usr/lib/postgresql/15/bin/pgbench -n -c 4 -R 300 -T 200 -f /tmp/move.sql main
"""
SUMS = """
SELECT (SELECT sum(sum) FROM here), (SELECT sum(sum) FROM there),
  (SELECT coalesce(sum(sum), 0) FROM moved), (SELECT count(*) FROM moved)
"""


def test_one_table_or_one_file_comes_back_alone(shop: Shop) -> None:
    beside = str(restore(shop, "main", "--table", "users")["where"])
    assert shop.sql("SELECT count(*) FROM users", beside) == "5000"
    assert shop.sql("SELECT count(*) FROM part", beside) == "0"
    on(shop.server, "rm /srv/uploads/a")
    beside = str(restore(shop, "web-uploads", "--file", "/srv/uploads/a")["where"])
    assert on(shop.server, f"cat {beside}/srv/uploads/a; ls {beside}/srv/uploads") == "hi\na"
    assert on(shop.server, "ls /srv/uploads") == "b"
    said = shop.project.run("restore", "web-uploads", "--file", "/srv/uploads/nothing", code=1)
    assert "/srv/uploads/nothing was not saved" in said
    assert "no table public.nothing" in " ".join(
        shop.project.run("restore", "main", "--table", "nothing", code=1).split()
    )
    assert on(shop.server, "ls /var/lib/seawall-restored | wc -l") == "1"


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["nothing"], 2, "no data is called nothing"),
        (["main", "--at", "yesterday"], 2, "that is no time"),
        (["main", "--at", "52w"], 2, "was first saved later"),
        (["main", "--run", "1999"], 2, "0 runs begin with 1999"),
        (["main", "--into-production"], 2, "--confirm data is missing"),
        (["main", "--into-production", "--confirm", "web1"], 1, "the name is another one"),
        (["main", "--table", "users", *PRODUCTION], 2, "only a whole copy"),
    ],
)
def test_what_cannot_be_is_refused(shop: Shop, words: list[str], code: int, told: str) -> None:
    before = shop.sql("SELECT count(*), max(id) FROM users"), databases(shop)
    assert told in " ".join(shop.project.run("restore", *words, code=code).split())
    assert (shop.sql("SELECT count(*), max(id) FROM users"), databases(shop)) == before


def test_a_copy_that_is_not_what_was_saved_replaces_nothing(shop: Shop) -> None:
    change = "d['datasets'][0]['asserts'] = ['SELECT count(*) > 9999 FROM users']"
    on(
        shop.server,
        f"cp {TOLD} {TOLD}.kept; python3 - <<'END'\nimport json\nd = json.load(open('{TOLD}'))\n"
        f"{change}\njson.dump(d, open('{TOLD}', 'w'))\nEND",
    )
    event = restore(shop, "main", *PRODUCTION, code=1)
    assert event["ok"] is False and event["former"] == ""
    assert shop.sql("SELECT count(*) FROM users") == "10"


def test_killed_at_any_moment_the_live_database_has_its_name(shop: Shop) -> None:
    """And the next restore finds nothing left of it, and ends well."""
    whole = ("main", "--run", first_run(shop))
    for _ in range(4):
        process = shop.project.start("restore", *whole, *PRODUCTION, "--no-safety-copy")
        time.sleep(random.uniform(2, 6))
        on(shop.server, f"for u in $({UNIT}); do systemctl kill -s KILL $u; done")
        process.communicate(timeout=60)
        assert shop.sql("SELECT count(*) FROM users") in ("10", "5000")
    restore(shop, *whole)
    assert not [name for name in databases(shop) if "_restoring_" in name]


def test_into_production_it_takes_the_place_of_what_is_there(shop: Shop) -> None:
    shop.sql("DELETE FROM users WHERE id > 10")
    saved = len(shop.project.json("backup", "list")["servers"][0]["copies"])
    first = first_run(shop)
    loop = f"cd /; while :; do {PSQL} -d main -c 'SELECT pg_sleep(0.2)' || sleep 0.1; done"
    login = ["ssh", "-F", str(shop.server.ssh_config), shop.server.name, loop]
    with subprocess.Popen(login, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as visitor:
        event = restore(shop, "main", "--run", first, *PRODUCTION)
        visitor.kill()
    assert str(event["former"]).startswith("main_before_")
    assert shop.sql("SELECT count(*) FROM users") == "5000"
    assert shop.sql("SELECT count(*) FROM users", str(event["former"])) == "10"
    assert len(shop.project.json("backup", "list")["servers"][0]["copies"]) == saved + 1
    shop.project.run("plan", "--exit-code", code=None)
    connect = "SELECT has_database_privilege('pg_monitor', 'main', 'CONNECT')"
    assert shop.sql(connect) == "f"
    assert "restored, compared, and in its place" in shop.project.run(
        "restore", "web-uploads", "--run", first, *PRODUCTION
    )
    assert on(shop.server, "cat /srv/uploads/a; ls /srv | grep -c uploads.before") == "hi\n1"
    assert on(shop.server, "stat -c %U /srv/uploads") == "app-web"


def test_what_a_run_holds_and_what_another_lacks_is_told(shop: Shop) -> None:
    copies = shop.project.json("backup", "list")["servers"][0]["copies"]
    newest, *_, first = (copy["run"] for copy in copies if "main" in copy["datasets"])
    told = shop.project.json("backup", "show", first)
    assert told["datasets"]["main"]["tables"]["public.users"].startswith("5000 ")
    assert told["datasets"]["web-uploads"]["files"]["count"] == 2
    assert "SCRAM" not in str(told)
    changed = shop.project.json("backup", "diff", first, newest)["datasets"]["main"]["changed"]
    assert "public.users" in [each["name"] for each in changed if each["part"] == "rows of"]
    shown = " ".join(shop.project.run("backup", "diff", first, newest).split())
    assert "~ rows of public.users: 5000 → 10" in shown
    assert "public.users: 5000" in shop.project.run("backup", "show", first)
    said = shop.project.run("backup", "show", "1999", code=1)
    assert "no run begins with 1999" in said


def test_a_copy_made_while_everybody_writes_is_of_one_moment(shop: Shop) -> None:
    """Sums move from one table to another, and a third says how much: all three have to agree."""
    shop.sql(LOAD)
    on(shop.server, MOVES)
    try:
        while int(shop.sql("SELECT count(*) FROM moved")) < 200:
            time.sleep(0.1)
        began, before = time.monotonic(), int(shop.sql("SELECT count(*) FROM moved"))
        shop.backup("now", "--data", "main")
        after, took = int(shop.sql("SELECT count(*) FROM moved")), time.monotonic() - began
        proven = shop.backup("prove", "--data", "main")
    finally:
        on(shop.server, "systemctl stop moves")
    beside = restore(shop, "main")
    here, there, moved, count = map(int, shop.sql(SUMS, str(beside["where"])).split("|"))
    shop.sql("DROP TABLE here, there, moved")
    assert (here, there) == (400_000 - moved, 400_000 + moved), (here, there, moved)
    assert before <= count < after and after - before > 100 * took, (before, count, after, took)
    assert beside["ok"] and [one["type"] for one in proven] == ["proven"]
