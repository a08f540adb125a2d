"""What a MariaDB database holds: every object as the server writes it, every table summed up.

Nothing depends on the order of rows, or on who asks. The statement that makes an object is
compared, so that whatever a version can say of one (partitions, generated columns, definers,
comments) is in.
"""

from __future__ import annotations

import re
from typing import Any, Dict, Iterator, List, Tuple

from seawall.agent.backups.engines.mysql import Session, quoted
from seawall.agent.backups.manifest import Parts

TABLES = """
SELECT TABLE_NAME, TABLE_TYPE FROM information_schema.TABLES
WHERE TABLE_SCHEMA = DATABASE() AND TABLE_TYPE NOT LIKE '%TEMPORARY%' ORDER BY TABLE_NAME
"""
COLUMNS = """
SELECT TABLE_NAME, COLUMN_NAME, DATA_TYPE FROM information_schema.COLUMNS
WHERE TABLE_SCHEMA = DATABASE() ORDER BY TABLE_NAME, ORDINAL_POSITION
"""
UNSTEADY = """
SELECT TABLE_NAME FROM information_schema.TABLES t JOIN information_schema.ENGINES e USING (ENGINE)
WHERE TABLE_SCHEMA = DATABASE() AND TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED')
  AND e.TRANSACTIONS <> 'YES' ORDER BY TABLE_NAME
"""
"""Tables that no snapshot holds still, such as MyISAM's."""
COUNTERS = """
SELECT TABLE_NAME, AUTO_INCREMENT FROM information_schema.TABLES
WHERE TABLE_SCHEMA = DATABASE() AND AUTO_INCREMENT IS NOT NULL
"""
OTHERS = """
SELECT 'TRIGGER', TRIGGER_NAME FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = DATABASE()
UNION ALL
SELECT 'EVENT', EVENT_NAME FROM information_schema.EVENTS WHERE EVENT_SCHEMA = DATABASE()
UNION ALL
SELECT ROUTINE_TYPE, ROUTINE_NAME FROM information_schema.ROUTINES
WHERE ROUTINE_SCHEMA = DATABASE()
"""
KINDS = {"BASE TABLE": "TABLE", "SYSTEM VERSIONED": "TABLE", "SEQUENCE": "SEQUENCE", "VIEW": "VIEW"}
SAID = {"TRIGGER": slice(1, 6), "TABLE": slice(1, 2), "SEQUENCE": slice(1, 2)}
"""What of SHOW CREATE is compared: of a trigger not when it was made."""
COUNTED = re.compile(r" AUTO_INCREMENT=\d+")
ROWS = "SELECT COUNT(*), COALESCE(SUM({row}), 0) FROM {name}{history}"
HASH = "CRC32(CRC32(CONCAT_WS('|', {values})))"
"""Their sum is the same in any order of the rows. The second CRC is of the first one's digits: the
sum of the first alone would often be the same when two rows have changed values with each other."""
LONG = re.split(" ", "tinytext text mediumtext longtext tinyblob blob mediumblob longblob")
TEXTS = re.split(" ", "char varchar binary varbinary enum set")
NUMBERS = re.split(" ", "tinyint smallint mediumint int bigint decimal float double year")
SHAPES = re.split(
    " ",
    "geometry point linestring polygon multipoint multilinestring multipolygon geometrycollection",
)


def measure(session: Session) -> Parts:
    """Everything that is compared."""
    return {**objects(session), **rows(session)}


def objects(session: Session) -> Parts:
    """Every object of the session's database."""
    [[own]] = session.ask("SELECT DATABASE()")
    found: Parts = {"database": {own: session.ask(f"SHOW CREATE DATABASE {quoted(own)}")[0][1]}}
    shown = [(KINDS[kind], name) for name, kind in session.ask(TABLES) if kind in KINDS]
    for kind, name in [*shown, *((row[0], row[1]) for row in session.ask(OTHERS))]:
        [row] = session.ask(f"SHOW CREATE {kind} {quoted(name)}")
        told = " | ".join(row[SAID.get(kind, slice(1, None))])
        said = COUNTED.sub("", told) if kind == "TABLE" else told
        found.setdefault(kind.lower(), {})[name] = said
    return found


def rows(session: Session) -> Parts:
    """How many rows each table has, and the sum of their hashes, in the session's own snapshot.
    A table is let go once it is read, so that nobody who changes it waits for the others."""
    columns: Dict[str, List[Tuple[str, str]]] = {}
    for table, column, kind in session.ask(COLUMNS):
        columns.setdefault(table, []).append((column, kind))
    tables = {name: kind for name, kind in session.ask(TABLES) if KINDS.get(kind) == "TABLE"}
    questions = {name: _question(name, kind, columns[name]) for name, kind in tables.items()}
    unsteady = [row[0] for row in session.ask(UNSTEADY)]
    summed: Dict[str, Any] = {}
    for name in (each for each in tables if each not in unsteady):
        session.ask("SAVEPOINT seawall")
        summed[name] = " with checksum ".join(session.ask(questions[name])[0])
        session.ask("ROLLBACK TO SAVEPOINT seawall")
    for name in unsteady:  # last: once such a table is read, the transaction has no savepoints
        summed[name] = " with checksum ".join(session.ask(questions[name])[0])
    return {"rows of": summed}


def _question(name: str, kind: str, columns: List[Tuple[str, str]]) -> str:
    row = HASH.format(values=", ".join(_value(quoted(each), type_) for each, type_ in columns))
    history = " FOR SYSTEM_TIME ALL" if kind == "SYSTEM VERSIONED" else ""
    return ROWS.format(row=row, name=quoted(name), history=history)


def _value(column: str, kind: str) -> str:
    """A column as text that tells NULL from everything else, and is never long."""
    if kind in LONG:
        return f"COALESCE(CONCAT(LENGTH({column}), ':', CRC32({column})), 'n')"
    if kind in SHAPES:
        return f"COALESCE(CRC32(CAST({column} AS BINARY)), 'n')"
    if kind in TEXTS:
        return f"COALESCE(CONCAT(LENGTH({column}), ':', CAST({column} AS BINARY)), 'n')"
    if kind == "bit":
        return f"COALESCE({column} + 0, 'n')"
    return f"COALESCE({column if kind in NUMBERS else f'CONCAT({column})'}, 'n')"


def counters(session: Session) -> Dict[str, int]:
    """The next number of every table that counts, and of every sequence."""
    found = {row[0]: int(row[1]) for row in session.ask(COUNTERS)}
    for name, kind in session.ask(TABLES):
        if kind == "SEQUENCE":
            [[at]] = session.ask(f"SELECT next_not_cached_value FROM {quoted(name)}")
            found[name] = int(at)
    return found


def behind(made: Dict[str, int], restored: Dict[str, int]) -> Iterator[str]:
    """Counters that would hand out a number again."""
    for name, value in made.items():
        if restored.get(name, 0) < value:
            yield f"{name} counts on from {restored.get(name)}, and was at {value}"
