"""Postgres: pg_dump in an exported snapshot, measured in the same, rehearsed in a cluster of its
own.

The scratch cluster has the programs of the live one, listens on a socket in its own folder only,
and syncs nothing to disk: it lives for minutes.
"""

from __future__ import annotations

import glob
import os
import pwd
import time
from contextlib import contextmanager
from typing import Any, Iterator, List, Optional, Tuple

from seawall.agent import system
from seawall.agent.backups.engines import (
    Engine,
    Rehearsed,
    Restored,
    Sink,
    Source,
    Want,
    beside,
    catalogue,
)
from seawall.agent.backups.engines.meanwhile import Meanwhile
from seawall.agent.backups.engines.psql import Server, Session
from seawall.agent.backups.manifest import Manifest, Parts, differences
from seawall.agent.backups.restic import Stored
from seawall.agent.backups.scratch import require_room

STAMP = "20261124_030000"
"""What the name of a restored copy ends with."""
PROGRAMS = "/usr/lib/postgresql"
DUMP = ("--format=custom", "--compress=0")
"""Uncompressed, so that the repository can tell what it has already."""
BEGIN = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
SCRATCH = {
    "listen_addresses": "",
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "256MB",
    "min_wal_size": "32MB",
    "shared_buffers": "64MB",
    "maintenance_work_mem": "96MB",
    "max_connections": "10",
    "autovacuum": "off",
    "logging_collector": "off",
    "jit": "off",
}
"""No port, no durability, and less than 512 MB of memory."""


class Postgres(Engine):
    """A database of a Postgres server, here or elsewhere."""

    @property
    def database(self) -> str:
        """Its name on its server."""
        return str(self.dataset.told["database"])

    def server(self) -> Server:
        """The live server: here, as its own system user, or at an address with a password."""
        told = self.dataset.told
        if "host" not in told:
            return Server(arguments=_options(port=told.get("port")))
        where = _options(host=told["host"], port=told.get("port"), username=told["user"])
        authority = {"PGSSLROOTCERT": told["authority"]} if told.get("authority") else {}
        secret = {"PGPASSWORD": told["password"], "PGSSLMODE": told["tls"]}
        return Server("", where, {**secret, **authority})

    def dump(self, sink: Sink) -> Tuple[Stored, Manifest]:
        live = self.server()
        with Session(live, self.database) as session:
            version = _version(session)
            client = _suited(live, version)
            session.ask(BEGIN)
            stood = catalogue.sequences(session)
            snapshot = session.ask("SELECT pg_catalog.to_json(pg_catalog.pg_export_snapshot())")[0]
            words = (*DUMP, f"--snapshot={snapshot}", f"--dbname={self.database}")
            with Meanwhile(lambda: catalogue.measure(session)) as measured:
                stored = sink.stream(lambda outlet: client.into("pg_dump", words, outlet))
            compared = measured.answer
            needed = {"roles": _roles(client), "database": self.database, "stood": stood}
            manifest = Manifest("postgres", version, _size(session), compared, needed)
        return stored, manifest

    def rehearse(self, made: Manifest, source: Source, scratch: str) -> Rehearsed:
        seen = Rehearsed()
        with _cluster(made, scratch) as server:
            began = time.monotonic()
            server.run("psql", "-X", "-q", "-d", "postgres", stdin=made.needed["roles"])
            words = ("--create", "--no-tablespaces", "--dbname=postgres")
            with source.stream() as stream:
                code, said = server.from_stream("pg_restore", words, stream)
            seen.restored_seconds = time.monotonic() - began
            if code != 0:
                seen.wrong.append(f"pg_restore complained: {said}")
            with Session(server, made.needed["database"]) as session:
                self._look(made, session, seen)
        return seen

    def restore(self, made: Manifest, source: Source, want: Want) -> Restored:
        if want.file:
            raise system.StepError(f"{self.dataset.name} is a database: it has tables, no files")
        expected = beside.narrowed(made, want.table) if want.table else made.compared
        with Session(self.server(), beside.MAINTENANCE) as session:
            live = _suited(self.server(), _version(session))
            if not self.dataset.told.get("host"):
                require_room(beside.place(session), made.bytes)
            beside.sweep(session, self.database)
        unfinished = f"{self.database}{beside.UNFINISHED}{want.name[-len(STAMP) :]}"
        beside.prepare(live, made, unfinished)
        try:
            seen = self._filled(live, made, source, want._replace(name=unfinished))
            seen.wrong += differences(expected, seen.compared)
            beside.rename(live, unfinished, want.name)
        except BaseException:
            beside.drop(live, unfinished)
            raise
        return Restored(want.name, seen)

    def _filled(self, live: Server, made: Manifest, source: Source, want: Want) -> Rehearsed:
        """Fill the database beside the live one, and measure what was wanted of it."""
        began = time.monotonic()
        complaints = beside.fill(live, source, want.name, want.table)
        seen = Rehearsed(restored_seconds=time.monotonic() - began)
        seen.wrong += [complaints] if complaints else []
        with Session(live, want.name) as session:
            if want.table:
                seen.compared = beside.only(catalogue.measure(session), want.table)
            else:
                self._look(made, session, seen)
        return seen

    def replace(self, restored: Restored, stamp: str) -> str:
        former = f"{self.database}_before_{stamp}"
        there = beside.replace(self.server(), self.database, restored.where, former)
        return former if there else ""

    def _look(self, made: Manifest, session: Session, seen: Rehearsed) -> None:
        seen.compared = catalogue.measure(session)
        seen.wrong += _behind(made.needed["stood"], catalogue.sequences(session))
        for view in catalogue.views(seen.compared):
            _ask(session, f"SELECT pg_catalog.to_json(1) FROM {view} LIMIT 1", f"view {view}", seen)
        session.ask("RESET search_path")  # as the app would ask
        for question in self.dataset.asserts:
            asked = f"SELECT pg_catalog.to_json(told.answer) FROM ({question}) told (answer)"
            answer = _ask(session, asked, question, seen)
            if answer is not None and answer != [True]:
                seen.wrong.append(f"{question} is {answer[0] if answer else 'nothing'}")


def _options(**told: Any) -> Tuple[str, ...]:
    return tuple(f"--{name}={value}" for name, value in told.items() if value is not None)


def _ask(session: Session, question: str, what: str, seen: Rehearsed) -> Optional[List[Any]]:
    """An answer, or None and a complaint; the session goes on."""
    session.ask("BEGIN")
    answer: Optional[List[Any]] = None
    try:
        answer = session.ask(question)
    except system.StepError as error:
        seen.wrong.append(f"{what} cannot be read: {error.output or error.problem}")
    session.ask("ROLLBACK")  # not where time is up: nobody would answer
    return answer


def _behind(made: Parts, restored: Parts) -> List[str]:
    """Sequences that would hand out a number again. One that moved on while it was dumped is
    further than when it was measured."""
    there = restored.get("sequence", {})
    return [
        f"sequence {name} stands at {there.get(name)}, and was at {value}"
        for name, value in made.get("sequence", {}).items()
        if name not in there or (value or 0) > (there[name] or 0)
    ]


def _version(session: Session) -> str:
    return str(session.ask("SELECT pg_catalog.to_json(current_setting('server_version'))")[0])


def _size(session: Session) -> int:
    asked = "SELECT pg_catalog.to_json(pg_catalog.pg_database_size(pg_catalog.current_database()))"
    return int(session.ask(asked)[0])


def major(version: str) -> int:
    """15 of `15.8 (Debian …)`."""
    return int(version.split(".", 1)[0].split()[0])


def _suited(server: Server, version: str) -> Server:
    """The same server with programs that are not older than it; StepError when there are none."""
    found = {int(os.path.basename(os.path.dirname(path))): path for path in _folders()}
    fitting = [number for number in sorted(found) if number >= major(version)]
    if not fitting:
        newest = max(found, default=0)
        told = f"pg_dump {newest} is older than the server, {version}" if newest else "no pg_dump"
        raise system.StepError(told, f"install postgresql-client-{major(version)}")
    return Server(server.account, server.arguments, server.environment, found[fitting[0]])


def _folders() -> List[str]:
    found = glob.glob(f"{PROGRAMS}/*/bin/pg_dump")
    folders = [os.path.dirname(path) for path in found]
    return [path for path in folders if os.path.basename(os.path.dirname(path)).isdigit()]


def _roles(server: Server) -> str:
    """The statements that make every role, passwords and memberships too."""
    words = ["--roles-only"]
    if not server.account:
        words.append("--no-role-passwords")  # a managed server keeps them to itself
    return server.run("pg_dumpall", *words)


@contextmanager
def _cluster(made: Manifest, folder: str) -> Iterator[Server]:
    """An empty cluster that lives as long as the context."""
    programs = f"{PROGRAMS}/{major(made.version)}/bin"
    if not os.path.exists(f"{programs}/initdb"):
        needed = f"postgresql-{major(made.version)}"
        raise system.StepError(f"{needed} is not installed, so no restore can be tried", needed)
    account = pwd.getpwnam("postgres")
    os.chown(folder, account.pw_uid, account.pw_gid)
    files = f"{folder}/cluster"
    bare = Server("postgres", (), {}, programs)
    bare.run("initdb", "--auth=trust", "--no-sync", "--encoding=UTF8", f"--pgdata={files}")
    settings = {**SCRATCH, "unix_socket_directories": folder}
    lines = "".join(f"{name} = '{value}'\n" for name, value in settings.items())
    with open(f"{files}/postgresql.auto.conf", "a") as file:
        file.write(lines)
    control = ("--silent", f"--pgdata={files}", f"--log={folder}/log", "--timeout=60", "--wait")
    bare.run("pg_ctl", *control, "start")
    try:
        yield Server("postgres", (f"--host={folder}",), {}, programs)
    finally:
        bare.run("pg_ctl", *control, "--mode=immediate", "stop")
