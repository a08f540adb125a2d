"""A dump of a MariaDB database, and a session that sees the same moment.

While both take their snapshot no transaction may commit, which is a few hundredths of a second.
Tables without transactions (MyISAM) take part in no snapshot: they are locked against writes
until they are saved.
"""

from __future__ import annotations

import os
import re
import select
import time
from contextlib import contextmanager
from typing import IO, Iterator, List, Tuple

from seawall.agent import system
from seawall.agent.backups.engines.mysql import Session, quoted
from seawall.agent.backups.engines.mysql_catalogue import UNSTEADY
from seawall.agent.backups.engines.psql import Server, tail
from seawall.agent.backups.faults import said

STILL = ("START", "FLUSH", "BLOCK_DDL", "BLOCK_COMMIT")
"""MariaDB's way to a moment in which nothing is committed, without waiting for whoever reads."""
BEGIN = "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY"
DUMP = (
    "--single-transaction",
    "--quick",
    "--routines",
    "--triggers",
    "--events",
    "--hex-blob",
    "--skip-dump-date",
    "--default-character-set=utf8mb4",
    "--max-allowed-packet=1G",
)
"""mariadb-dump leaves out routines and events unless it is told."""
READ = ("--binary-mode", "--default-character-set=utf8mb4", "--max-allowed-packet=1G")
"""The client would else change line ends within routines."""
HISTORY = (10, 11)
"""The first version that saves what a versioned table held before."""
BEGUN = b"-- Current Database: "
"""What mariadb-dump writes first once it has its snapshot."""
COMPLETE = b"-- Dump completed"
BEGUN_SECONDS = 30
"""A dump without a snapshot after this long is given up: everybody who writes waits for it."""
BLOCK = 1 << 20


def words(version: str, database: str) -> List[str]:
    """What mariadb-dump is told; StepError when it is older than the server."""
    told = system.must(["mariadb-dump", "--version"])
    client, server = number(told, r"(?:Distrib|from) (\d+)\.(\d+)"), number(version)
    if client < server:
        problem = f"mariadb-dump {client[0]}.{client[1]} is older than the server, {version}"
        raise system.StepError(problem, "install a mariadb-client as new as the server")
    history = ["--dump-history"] if client >= HISTORY else []
    return [*DUMP, *history, "--databases", database]


def number(version: str, pattern: str = r"(\d+)\.(\d+)") -> Tuple[int, int]:
    """(10, 11) of `10.11.19-MariaDB-0+deb12u1`."""
    found = re.search(pattern, version)
    return (int(found[1]), int(found[2])) if found else (0, 0)


@contextmanager
def unsteady(server: Server, database: str) -> Iterator[List[str]]:
    """The tables that no snapshot holds still, kept from being written to meanwhile."""
    with Session(server, database) as session:
        names = [row[0] for row in session.ask(UNSTEADY)]
        if names:
            session.ask("LOCK TABLES " + ", ".join(f"{quoted(name)} READ" for name in names))
        yield names


class Dump:
    """mariadb-dump at work; a context that ends it."""

    def __init__(self, server: Server, told: List[str]) -> None:
        self._errors = said()
        self._process = server.start(("mariadb-dump", *told), self._errors)
        assert self._process.stdout
        self._stream: IO[bytes] = self._process.stdout
        self._first = b""

    def __enter__(self) -> "Dump":
        return self

    def __exit__(self, *error: object) -> None:
        self._process.kill()
        self._stream.close()
        self._process.wait()
        self._errors.close()

    def begun(self) -> None:
        """Wait until it has its snapshot, or ended without one."""
        deadline = time.monotonic() + BEGUN_SECONDS
        while BEGUN not in self._first:
            if not select.select([self._stream], [], [], max(0, deadline - time.monotonic()))[0]:
                raise system.StepError(f"mariadb-dump had no snapshot after {BEGUN_SECONDS} s")
            block = os.read(self._stream.fileno(), BLOCK)
            if not block:
                return
            self._first += block

    def pour(self, outlet: int) -> None:
        """Write all of it to a descriptor; StepError unless it came to its own end."""
        block = end = self._first
        with os.fdopen(os.dup(outlet), "wb") as file:
            while block:
                file.write(block)
                end = (end + block)[-200:]
                block = os.read(self._stream.fileno(), BLOCK)
        code = self._process.wait()
        if code != 0:
            problem = f"mariadb-dump failed, exit code {code}"
            raise system.StepError(problem, tail(self._errors))
        if COMPLETE not in end:
            raise system.StepError("mariadb-dump ended without saying that it is complete")


def together(server: Server, session: Session, told: List[str]) -> Dump:
    """A dump that has begun, of the moment that the session sees from now on."""
    with Session(server) as still:
        for stage in STILL:
            still.ask(f"BACKUP STAGE {stage}")
        session.ask(BEGIN)
        dump = Dump(server, told)
        try:
            dump.begun()
        except BaseException:
            dump.__exit__()
            raise
        still.ask("BACKUP STAGE END")
    return dump
