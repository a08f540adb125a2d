"""A Postgres database restored beside the live one, on the same server, and put in its place.

Nothing of the live database is touched until the two change their names, in one transaction:
killed at any moment, one of them has the name.
"""

from __future__ import annotations

import re
import threading
from typing import Iterator, List, Set, Tuple

from seawall.agent import system
from seawall.agent.backups.engines import Source
from seawall.agent.backups.engines.catalogue import quoted
from seawall.agent.backups.engines.psql import Server, Session
from seawall.agent.backups.manifest import Manifest, Parts

MAINTENANCE = "postgres"
UNFINISHED = "_restoring_"
"""In the name of a copy that is not whole yet."""
LONGEST = 63
"""Bytes of a name, NAMEDATALEN of Postgres less its end."""
LISTS = {
    "local_preload_libraries",
    "search_path",
    "session_preload_libraries",
    "shared_preload_libraries",
    "temp_tablespaces",
    "unix_socket_directories",
}
"""Settings whose value is a list that is quoted already (GUC_LIST_QUOTE of Postgres)."""
BLOCK = 1 << 20
PATIENCE = 60
"""Seconds for those who are connected to be gone."""
ROLE = re.compile(r'(?:CREATE|ALTER) ROLE ("(?:[^"]|"")+"|[^\s;]+)')
GRANT = re.compile(r'GRANT ("(?:[^"]|"")+"|\S+) TO ("(?:[^"]|"")+"|[^\s;]+)')


def prepare(live: Server, made: Manifest, name: str) -> None:
    """Make an empty database of this name, as the saved one was; StepError when it is taken."""
    if len(name.encode()) > LONGEST:
        raise system.StepError(f"{name} is longer than {LONGEST} bytes")
    with Session(live, MAINTENANCE) as session:
        there = set(session.ask("SELECT pg_catalog.to_json(rolname) FROM pg_catalog.pg_roles"))
        if has(session, name):
            raise system.StepError(f"there is a database {name} already")
    statements = "\n".join(missing(made.needed["roles"], there))
    live.run("psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", MAINTENANCE, stdin=statements)
    with Session(live, MAINTENANCE) as session:
        session.ask(_creation(made, name))
        session.ask(f"REVOKE CONNECT, TEMPORARY ON DATABASE {quoted(name)} FROM PUBLIC")
        for statement in _settings(session, made, name):
            session.ask(statement)


def place(session: Session) -> str:
    """The folder in which a server of this machine keeps its databases."""
    return str(
        session.ask("SELECT pg_catalog.to_json(pg_catalog.current_setting('data_directory'))")[0]
    )


def sweep(session: Session, database: str) -> None:
    """Take away what restores that were killed left half filled. The caller holds the lock."""
    asked = "SELECT pg_catalog.to_json(datname) FROM pg_catalog.pg_database"
    for name in session.ask(asked):
        if str(name).startswith(f"{database}{UNFINISHED}"):
            session.ask(f"DROP DATABASE {quoted(str(name))} WITH (FORCE)")


def has(session: Session, name: str) -> bool:
    """True when there is a database of this name."""
    asked = f"SELECT 1 FROM pg_catalog.pg_database WHERE datname = {literal(name)}"
    return bool(session.ask(asked))


def missing(roles: str, there: Set[str]) -> Iterator[str]:
    """The statements of a dump of roles for those that are not there. The others are as they are
    now: an older password would lock an app out."""
    fresh: Set[str] = set()
    for line in roles.splitlines():
        if (role := ROLE.match(line)) and _plain(role[1]) not in there:
            fresh.add(_plain(role[1]))
            yield line
        elif (grant := GRANT.match(line)) and {_plain(grant[1]), _plain(grant[2])} & fresh:
            yield line


def _plain(name: str) -> str:
    return name[1:-1].replace('""', '"') if name.startswith('"') else name


def literal(text: str) -> str:
    """A text as SQL takes it, whatever standard_conforming_strings is."""
    return "E'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


def _creation(made: Manifest, name: str) -> str:
    told = str(made.compared["database"]["owner and encoding"])
    owner, encoding, collate, ctype = told.rsplit(" ", 3)
    return (
        f"CREATE DATABASE {quoted(name)} TEMPLATE template0 OWNER {quoted(owner)} "
        f"ENCODING {literal(encoding)} LC_COLLATE {literal(collate)} LC_CTYPE {literal(ctype)}"
    )


def _settings(session: Session, made: Manifest, name: str) -> Iterator[str]:
    """What ALTER DATABASE SET had been told, which pg_restore leaves out."""
    for who, told in made.compared.get("setting of", {}).items():
        target = f"DATABASE {quoted(name)}"
        if who != "the database":
            target = f"ROLE {quoted(who)} IN {target}"
        asked = f"SELECT pg_catalog.to_json(s) FROM pg_catalog.unnest({literal(told)}::text[]) s"
        for setting in session.ask(asked):
            key, _, value = str(setting).partition("=")
            given = value if key in LISTS and value else literal(value)
            yield f"ALTER {target} SET {key} = {given}"


def fill(live: Server, source: Source, name: str, table: str = "") -> str:
    """Restore a dump into the empty database; what pg_restore complained about.

    With a table, everything is made but only its rows are filled in, without indexes.
    """
    common = ("--no-tablespaces", f"--dbname={name}")
    passes: List[Tuple[str, ...]] = [common]
    if table:
        schema, _, only = table.rpartition(".")
        which = (f"--schema={schema or 'public'}", f"--table={only}")
        passes = [(*common, "--section=pre-data"), (*common, "--section=data", *which)]
    complaints = ""
    for words in passes:
        with source.stream() as stream:
            code, said = live.from_stream("pg_restore", words, stream)
            while stream.read(BLOCK):
                pass  # it stops at the last entry that it needs; the repository must not
        if code != 0:
            complaints += f"pg_restore complained: {said}"
    return complaints


def drop(live: Server, name: str) -> None:
    """Take a restored copy away again."""
    with Session(live, MAINTENANCE) as session:
        session.ask(f"DROP DATABASE IF EXISTS {quoted(name)}")


def rename(live: Server, name: str, after: str) -> None:
    """Give a database that nobody uses another name."""
    with Session(live, MAINTENANCE) as session:
        session.ask(f"ALTER DATABASE {quoted(name)} RENAME TO {quoted(after)}")


def replace(live: Server, database: str, name: str, former: str) -> bool:
    """Let the copy `name` be `database`, and what was that be `former`; False when there was none.

    Postgres makes newcomers wait while a database is renamed; those who are in are sent away.
    """
    with Session(live, MAINTENANCE) as session:
        session.ask("SET lock_timeout = 0")
        there = has(session, database)
        with _SentAway(live, (database, name)):
            session.ask("BEGIN")
            if there:
                session.ask(f"ALTER DATABASE {quoted(database)} RENAME TO {quoted(former)}")
            session.ask(f"ALTER DATABASE {quoted(name)} RENAME TO {quoted(database)}")
            for statement in _access(session, former if there else "", database):
                session.ask(statement)
            session.ask("COMMIT")
    return there


def _access(session: Session, former: str, database: str) -> Iterator[str]:
    """The rights on the database itself, as the former one has them."""
    asked = f"""
      SELECT pg_catalog.json_build_array(COALESCE(r.rolname, ''), a.privilege_type)
      FROM pg_catalog.pg_database d, LATERAL pg_catalog.aclexplode(d.datacl) a
        LEFT JOIN pg_catalog.pg_roles r ON r.oid = a.grantee
      WHERE d.datname = {literal(former)}"""
    for role, right in session.ask(asked) if former else ():
        who = quoted(role) if role else "PUBLIC"
        yield f"GRANT {right} ON DATABASE {quoted(database)} TO {who}"


class _SentAway:
    """While it lasts, whoever is connected to one of these databases is sent away."""

    def __init__(self, live: Server, names: Tuple[str, ...]) -> None:
        self._live = live
        listed = ", ".join(map(literal, names))
        self._asked = f"""
          SELECT pg_catalog.to_json(pg_catalog.pg_terminate_backend(pid))
          FROM pg_catalog.pg_stat_activity
          WHERE datname IN ({listed}) AND pid <> pg_catalog.pg_backend_pid()"""
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._send, daemon=True)

    def _send(self) -> None:
        with Session(self._live, MAINTENANCE) as session:
            while not self._over.wait(0.05):
                session.ask(self._asked)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *error: object) -> None:
        self._over.set()
        self._thread.join(PATIENCE)


def narrowed(made: Manifest, table: str) -> Parts:
    """What a manifest says of one table's rows; StepError when it has no such table."""
    told = only(made.compared, table)
    for name, rows in told["rows of"].items():
        if rows is None:
            known = ", ".join(sorted(made.compared.get("rows of", {}))[:20])
            raise system.StepError(f"no table {name} was saved", f"these were: {known}")
    return told


def only(parts: Parts, table: str) -> Parts:
    """The rows of one table, None where it is not there. Without a schema it is a public one."""
    schema, _, name = table.rpartition(".")
    full = f"{schema or 'public'}.{name}"
    return {"rows of": {full: parts.get("rows of", {}).get(full)}}
