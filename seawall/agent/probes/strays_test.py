"""Data that lies about is found where it lies, and nothing else is taken for it."""

import os
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from seawall.agent.probes import strays


def database(path: Path) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path)) as made:
        made.execute("CREATE TABLE t (a)")
    return str(path)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(strays, "PLACES", (str(tmp_path),))
    return tmp_path


def test_sqlite_files_are_told_by_what_they_begin_with(place: Path) -> None:
    found = {database(place / "shop" / "shop.db"), database(place / "a" / "b" / "c.sqlite3")}
    database(place / "web" / "node_modules" / "x" / "test.db")
    database(place / "kept" / "cache.db")
    (place / "thumbs.db").write_text("not one")
    os.symlink("/etc/shadow", place / "link.db")
    os.mkfifo(place / "pipe.db")
    told, stopped = strays._sqlite([str(place / "kept")])
    assert {each["path"] for each in told} == found and stopped == ""
    assert all(each["bytes"] >= 4096 for each in told)


def test_a_walk_ends_in_time_and_says_where(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    database(place / "shop" / "shop.db")
    monkeypatch.setattr(strays, "SECONDS", 0.0)
    told, stopped = strays._sqlite([])
    assert told == [] and stopped.startswith(str(place))


def test_dumps_are_found_in_cron_and_in_its_scripts(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(strays, "CRON", (f"{place}/cron.d/*",))
    monkeypatch.setattr(strays, "SCRIPT", re.compile(r"/\S+\.sh"))
    (place / "cron.d").mkdir()
    (place / "cron.d" / "one").write_text(
        f"0 3 * * * root pg_dump main | gzip > /b.gz\n# mongodump\n1 3 * * * root {place}/b.sh\n"
    )
    (place / "b.sh").write_text("#!/bin/sh\nmysqldump --all-databases > /backup.sql\n")
    (place / "cron.d" / "two").write_text("* * * * * root echo mysqldumper pg_dumper\n")
    assert list(strays._dumps()) == [
        {"engine": "postgres", "path": f"{place}/cron.d/one", "program": "pg_dump"},
        {"engine": "mariadb", "path": f"{place}/b.sh", "program": "mysqldump"},
    ]
