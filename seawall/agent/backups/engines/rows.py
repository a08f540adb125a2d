"""What an SQLite file holds: its schema, and a checksum of each table that knows no order.

A row counts with the kind of each value, so that 1 and '1' differ. What virtual tables show is in
their shadow tables, which are ordinary ones.
"""

from __future__ import annotations

import hashlib
import sqlite3
from typing import Any, Dict, List, Tuple

from seawall.agent.backups.manifest import Parts

LONG = 1 << 16
"""Values of more bytes are summed up by themselves, so that no row is in memory twice."""
OF_THE_APP = "no such function", "no such module", "no such collation", "unknown function"
"""What SQLite says where an app brings functions of its own, which tells nothing of the file."""
SETTINGS = ("user_version", "application_id", "encoding", "auto_vacuum")


def measure(connection: sqlite3.Connection) -> Parts:
    """Everything that has to be the same in a restored copy."""
    connection.text_factory = _text
    asked = "SELECT type, name, coalesce(sql, ''), tbl_name FROM sqlite_master"
    schema = connection.execute(asked).fetchall()
    parts: Parts = {
        "schema": {f"{kind} {name}": sql for kind, name, sql, _ in schema},
        "setting": {name: _pragma(connection, name) for name in SETTINGS},
        "rows of": {},
    }
    for kind, name, sql, _ in schema:
        if kind == "table" and not sql.upper().startswith("CREATE VIRTUAL"):
            parts["rows of"][name] = _content(connection, name)
    return parts


def complaints(connection: sqlite3.Connection) -> List[str]:
    """What SQLite itself finds broken in the file; empty when it is whole."""
    try:
        said = [str(row[0]) for row in connection.execute("PRAGMA integrity_check(20)")]
    except sqlite3.OperationalError as error:
        said = [str(error)]
    return [] if said == ["ok"] else [each for each in said if not each.startswith(OF_THE_APP)]


def _pragma(connection: sqlite3.Connection, name: str) -> Any:
    return connection.execute(f"PRAGMA {name}").fetchone()[0]


def _content(connection: sqlite3.Connection, table: str) -> Dict[str, Any]:
    columns = ", ".join(map(_quoted, _stored(connection, table)))
    count, total = 0, 0
    for row in connection.execute(f"SELECT {columns} FROM {_quoted(table)}"):  # quoted
        count, total = count + 1, total + _sum(row)
    return {"count": count, "sum": f"{total % (1 << 64):016x}"}


def _stored(connection: sqlite3.Connection, table: str) -> List[str]:
    """Columns whose values lie in the file; those that are computed may need an app's function."""
    seen = connection.execute(f"PRAGMA table_xinfo({_quoted(table)})")
    return [row[1] for row in seen if row[6] != 2]


def _sum(row: Tuple[Any, ...]) -> int:
    told = ascii(tuple(map(_short, row))).encode()
    return int.from_bytes(hashlib.blake2b(told, digest_size=8).digest(), "big")


def _short(value: Any) -> Any:
    if not isinstance(value, (str, bytes)) or len(value) < LONG:
        return value
    raw = value.encode("utf-8", "surrogateescape") if isinstance(value, str) else value
    return type(value).__name__, hashlib.blake2b(raw).hexdigest()


def _text(raw: bytes) -> str:
    """Text as it is, valid or not."""
    return raw.decode("utf-8", "surrogateescape")


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
