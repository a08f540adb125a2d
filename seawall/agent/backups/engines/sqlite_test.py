"""A copy of an SQLite file is whole, and what changed in it is seen."""

import os
import shutil
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from seawall.agent.backups.engines import rows, sqlite
from seawall.agent.backups.lowered import lowered
from seawall.agent.backups.manifest import Parts, differences
from seawall.agent.system import StepError

MADE = """
CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT, score REAL, face BLOB,
  loud TEXT GENERATED ALWAYS AS (upper(name)) VIRTUAL);
CREATE TABLE pairs (a TEXT, b INT, PRIMARY KEY (a, b)) WITHOUT ROWID;
CREATE INDEX by_name ON people (name);
CREATE VIEW best AS SELECT name FROM people WHERE score > 1;
CREATE TRIGGER kept AFTER DELETE ON people BEGIN INSERT INTO pairs VALUES (old.name, old.id); END;
CREATE VIRTUAL TABLE found USING fts5(body);
INSERT INTO people (name, score, face) VALUES ('Zoë ☃', 1.5, x'00ff'), (NULL, -0.1, NULL);
INSERT INTO people (name) VALUES (CAST(x'ff41' AS TEXT)), (hex(zeroblob(100000)));
INSERT INTO found VALUES ('a needle in the hay');
PRAGMA user_version = 7;
"""


@pytest.fixture
def live(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """A file in use, whose last rows are in its -wal only."""
    with closing(sqlite3.connect(tmp_path / "live.db", isolation_level=None)) as open_file:
        open_file.execute("PRAGMA journal_mode = WAL")
        open_file.execute("PRAGMA wal_autocheckpoint = 0")
        open_file.executescript(MADE)
        yield open_file


def copied(folder: Path, name: str = "copy.db") -> Parts:
    return dict(sqlite._copied(str(folder / "live.db"), str(folder / name)))


def test_a_copy_has_what_a_plain_copy_of_the_file_lacks(
    live: sqlite3.Connection, tmp_path: Path
) -> None:
    shutil.copy(tmp_path / "live.db", tmp_path / "plain.db")
    with closing(sqlite3.connect(tmp_path / "plain.db")) as plain:
        assert rows.measure(plain)["rows of"] == {}
    made = copied(tmp_path)
    assert made["rows of"]["people"]["count"] == 4 and made["setting"]["user_version"] == 7
    assert {"index by_name", "view best", "trigger kept", "table found"} <= set(made["schema"])
    seen, wrong = sqlite._looked_at(str(tmp_path / "copy.db"), ())
    assert differences(made, seen) == [] and wrong == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("UPDATE people SET score = 1.25 WHERE id = 1", "rows of people"),
        ("UPDATE people SET name = CAST(name AS BLOB) WHERE id = 1", "rows of people"),
        ("UPDATE people SET name = replace(name, '00', '01') WHERE id = 4", "rows of people"),
        ("DELETE FROM people WHERE id = 1", "rows of pairs"),
        ("UPDATE found SET body = 'a noodle in the hay'", "rows of found_"),
        ("DROP INDEX by_name", "index by_name"),
        ("PRAGMA user_version = 8", "setting user_version"),
    ],
)
def test_one_changed_value_is_found(
    live: sqlite3.Connection, tmp_path: Path, change: str, said: str
) -> None:
    before = copied(tmp_path)
    live.execute(change)
    found = differences(before, copied(tmp_path, "again.db"))
    assert found and any(said in line for line in found), found


def test_the_order_of_rows_does_not_count(tmp_path: Path) -> None:
    sums = []
    for order in ("ASC", "DESC"):
        with closing(sqlite3.connect(tmp_path / f"{order}.db")) as one:
            one.execute("CREATE TABLE t (a)")
            numbers = "WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 99)"
            one.execute(f"INSERT INTO t {numbers} SELECT i FROM n ORDER BY i {order}")
            sums.append(rows.measure(one)["rows of"])
    assert sums[0] == sums[1]


def test_a_damaged_file_is_no_copy(live: sqlite3.Connection, tmp_path: Path) -> None:
    live.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    live.close()
    with (tmp_path / "live.db").open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * 4000)
    with pytest.raises(StepError, match=r"damaged|cannot be copied"):
        copied(tmp_path)


def test_what_is_no_sqlite_file_is_no_copy(tmp_path: Path) -> None:
    (tmp_path / "live.db").write_text("hello " * 2000)
    with pytest.raises(StepError, match="not a database"):
        copied(tmp_path)


def test_a_copy_is_of_one_moment_while_others_write(
    live: sqlite3.Connection, tmp_path: Path
) -> None:
    live.executescript("CREATE TABLE sums (a INT, b INT); INSERT INTO sums VALUES (0, 0);")
    done = threading.Event()

    def write() -> None:
        with closing(sqlite3.connect(tmp_path / "live.db", isolation_level=None)) as other:
            while not done.is_set():
                other.executescript(
                    "BEGIN IMMEDIATE; UPDATE sums SET a = a + 1; UPDATE sums SET b = b - 1; COMMIT"
                )

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for number in range(5):
            copied(tmp_path, f"{number}.db")
    finally:
        done.set()
        writer.join()
    for number in range(5):
        asked = "SELECT a + b = 0 FROM sums"
        _, wrong = sqlite._looked_at(str(tmp_path / f"{number}.db"), (asked,))
        assert wrong == []


def test_questions_are_asked_of_the_copy(live: sqlite3.Connection, tmp_path: Path) -> None:
    copied(tmp_path)
    asked = ("SELECT count(*) = 4 FROM people", "SELECT count(*) > 9 FROM people", "SELECT nope")
    _, wrong = sqlite._looked_at(str(tmp_path / "copy.db"), asked)
    assert wrong[0] == "SELECT count(*) > 9 FROM people is 0" and "cannot be asked" in wrong[1]
    assert len(wrong) == 2


def test_functions_of_the_app_are_no_fault_of_the_file(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "live.db")) as one:
        one.create_function("folded", 1, str.casefold, deterministic=True)
        one.executescript(
            "CREATE TABLE t (a, b AS (folded(a))); CREATE INDEX i ON t (folded(a));"
            "INSERT INTO t (a) VALUES ('X')"
        )
    assert copied(tmp_path)["rows of"]["t"]["count"] == 1


def test_work_is_done_with_lesser_rights_and_its_failures_are_said() -> None:
    uid, gid = (12345, 12345) if os.geteuid() == 0 else (os.geteuid(), os.getegid())
    assert lowered(uid, gid, os.getuid) == uid

    def fail() -> None:
        raise StepError("no", "because")

    with pytest.raises(StepError, match="no") as raised:
        lowered(uid, gid, fail)
    assert raised.value.output == "because"
    with pytest.raises(StepError, match="killed half way"):
        lowered(uid, gid, lambda: os.kill(os.getpid(), 9))
    assert os.getuid() != 12345
