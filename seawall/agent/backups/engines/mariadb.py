"""MariaDB: dumped and measured in one moment, rehearsed in a server of its own."""

from __future__ import annotations

import time
from typing import Any, Dict, Iterator, List, Tuple

from seawall.agent import system
from seawall.agent.backups.engines import (
    Engine,
    Rehearsed,
    Restored,
    Sink,
    Source,
    Want,
    mysql_beside,
    mysql_dump,
)
from seawall.agent.backups.engines import mysql_catalogue as catalogue
from seawall.agent.backups.engines.meanwhile import Meanwhile
from seawall.agent.backups.engines.mysql import Session, here, quoted, tried
from seawall.agent.backups.engines.mysql_accounts import Account, accounts, compared, spelled
from seawall.agent.backups.engines.mysql_scratch import running
from seawall.agent.backups.engines.psql import Server
from seawall.agent.backups.manifest import Manifest, Parts, differences
from seawall.agent.backups.restic import Stored

SIZE = """
SELECT CAST(GREATEST(COALESCE((SELECT SUM(DATA_LENGTH + INDEX_LENGTH)
    FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE()), 0),
  COALESCE((SELECT SUM(FILE_SIZE) FROM information_schema.INNODB_SYS_TABLESPACES
    WHERE SUBSTRING_INDEX(NAME, '/', 1) = DATABASE()), 0)) AS UNSIGNED)
"""
"""Whichever is more: what the server counted lately, or its files."""
PLUGINS = """
SELECT DISTINCT PLUGIN_LIBRARY FROM information_schema.ALL_PLUGINS
WHERE PLUGIN_STATUS = 'ACTIVE' AND PLUGIN_LIBRARY IS NOT NULL
"""


class MariaDB(Engine):
    """A database of this machine's MariaDB server."""

    @property
    def database(self) -> str:
        """Its name on its server."""
        return str(self.dataset.told["database"])

    def dump(self, sink: Sink) -> Tuple[Stored, Manifest]:
        live = here()
        with Session(live, self.database) as session, mysql_dump.unsteady(live, self.database):
            [[version, size]] = session.ask(f"SELECT VERSION(), ({SIZE})")
            told = mysql_dump.words(version, self.database)
            known = accounts(session, self.database)
            needed, parts = _needed(session, self.database, known), compared(known)

            def fill(outlet: int) -> None:
                needed["stood"] = catalogue.counters(session)  # no later than the dump's
                dump = mysql_dump.together(live, session, told)
                with dump, Meanwhile(lambda: catalogue.measure(session)) as measured:
                    dump.pour(outlet)
                parts.update(measured.answer)

            stored = sink.stream(fill)
        return stored, Manifest("mariadb", version, int(size), parts, needed)

    def rehearse(self, made: Manifest, source: Source, scratch: str) -> Rehearsed:
        seen = Rehearsed()
        with running(made.needed, scratch) as server:
            began = time.monotonic()
            seen.wrong += _restored(server, made.needed, source)
            seen.restored_seconds = time.monotonic() - began
            with Session(server, made.needed["database"]) as session:
                seen.compared = _all(session, made.needed["database"])
                seen.wrong += catalogue.behind(made.needed["stood"], catalogue.counters(session))
            seen.wrong += self._unreadable(server, made.needed["database"], seen.compared)
        return seen

    def restore(self, made: Manifest, source: Source, want: Want) -> Restored:
        if want.file:
            raise system.StepError(f"{self.dataset.name} is a database: it has tables, no files")
        expected, live = mysql_beside.narrowed(made, want.table), here()
        mysql_beside.prepare(live, made, want.name)
        try:
            seen = self._filled(live, made, source, want)
        except BaseException:
            mysql_beside.drop(live, want.name)
            raise
        same = {name: seen.compared.get(name, {}) for name in expected}
        if want.table:
            same = {"rows of": {want.table: same["rows of"].get(want.table)}}
        seen.wrong += differences(expected, same)
        return mysql_beside.Beside(want.name, seen, made, source)

    def replace(self, restored: Restored, stamp: str) -> str:
        """For an empty database alone: it goes, and the copy is loaded once more under its name,
        with its events, and compared."""
        assert isinstance(restored, mysql_beside.Beside)
        live, made = here(), restored.made
        mysql_beside.require_empty(live, self.database)
        mysql_beside.drop(live, self.database)
        try:
            self._loaded(live, made, restored.source)
        except BaseException:
            mysql_beside.drop(live, self.database)  # nothing was in it, and another try finds it so
            raise
        mysql_beside.drop(live, restored.where)
        return ""

    def _loaded(self, live: Server, made: Manifest, source: Source) -> None:
        """Load a copy under its own name; StepError unless it is what was saved."""
        told = {**made.needed, "accounts": mysql_beside.missing(made.needed["accounts"])}
        wrong = list(_restored(live, told, source))
        with Session(live, self.database) as session:
            kept = {**_all(session, self.database), "account": made.compared.get("account", {})}
        if wrong := [*wrong, *differences(made.compared, kept)]:
            raise system.StepError(f"{self.database} came back otherwise", "; ".join(wrong))

    def _filled(self, live: Server, made: Manifest, source: Source, want: Want) -> Rehearsed:
        """Fill the database beside the live one, and measure it."""
        began, seen = time.monotonic(), Rehearsed()
        complaint = mysql_beside.fill(live, made, source, want)
        seen.restored_seconds = time.monotonic() - began
        seen.wrong += [complaint] if complaint else []
        with Session(live, want.name) as session:
            seen.compared = _all(session, want.name)
        if not want.table:
            seen.wrong += self._unreadable(live, want.name, seen.compared)
        return seen

    def _unreadable(self, server: Server, database: str, parts: Parts) -> Iterator[str]:
        """Views that cannot be read, and questions whose answer is not true."""
        views = {f"SELECT 1 FROM {quoted(name)} LIMIT 1": name for name in parts.get("view", {})}
        for question, _, error in tried(server, database, views):
            if error:
                yield f"view {views[question]} cannot be read: {error}"
        asked = {f"SELECT ({question})": question for question in self.dataset.asserts}
        for question, rows, error in tried(server, database, asked):
            if error:
                yield f"{asked[question]} cannot be asked: {error}"
            elif rows != [["1"]]:
                yield f"{asked[question]} is {rows[0][0] if rows else 'nothing'}"


def _needed(session: Session, database: str, known: List[Account]) -> Dict[str, Any]:
    """What a restore has to know or bring: accounts, plugins, how names are written."""
    [[case]] = session.ask("SELECT @@lower_case_table_names")
    return {
        "database": database,
        "accounts": [each.made for each in known],
        "grants": [grant for each in known for grant in each.grants],
        "plugins": [row[0] for row in session.ask(PLUGINS)],
        "lower_case_table_names": int(case),
    }


def _all(session: Session, database: str) -> Parts:
    parts = compared(accounts(session, database))
    session.ask(mysql_dump.BEGIN)
    return {**parts, **catalogue.measure(session)}


def _restored(server: Server, needed: Dict[str, Any], source: Source) -> Iterator[str]:
    """Make the accounts, the database and its content, then the rights; what was refused.

    Meanwhile every account may do everything: a view is refused whose definer lacks a right that
    cannot be given before what it is a right on is there.
    """
    yield from _refused(server, needed["accounts"])
    everything = f"ALL PRIVILEGES ON {quoted(needed['database'])}.*"
    names = [spelled(made) for made in needed["accounts"]]
    yield from _refused(server, [f"GRANT {everything} TO {name}" for name in names])
    with source.stream() as stream:
        code, complaint = server.from_stream("mariadb", mysql_dump.READ, stream)
        if code != 0:
            raise system.StepError("mariadb refused the copy", complaint)
    yield from _refused(server, [f"REVOKE {everything} FROM {name}" for name in names])
    yield from _refused(server, needed["grants"])


def _refused(server: Server, statements: List[str]) -> Iterator[str]:
    for statement, _, error in tried(server, "", statements):
        if error:
            yield f"{statement.split(' IDENTIFIED')[0]} was refused: {error}"
