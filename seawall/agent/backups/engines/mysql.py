"""A conversation with a MariaDB server through its own client.

Answers are rows of texts, one line each, with line ends and tabs escaped by the client, so that
nothing in the data can be taken for a separator. The first error ends the conversation.
"""

from __future__ import annotations

import os
import re
from typing import Iterable, Iterator, List, Tuple

from seawall.agent import system
from seawall.agent.backups.engines.psql import Client, Server, tail

SOCKET = "/run/mysqld/mysqld.sock"
LOCAL = ("--no-defaults", f"--socket={SOCKET}")
"""Nobody's .my.cnf decides what is saved."""
CLIENT = (
    "--batch",
    "--skip-column-names",
    "--unbuffered",
    "--skip-auto-rehash",
    "--skip-reconnect",
    "--default-character-set=utf8mb4",
    "--max-allowed-packet=1G",
)
"""Without a new login after a broken connection: that would be another snapshot."""
STEADY = (
    "SET SESSION time_zone = '+00:00', sql_mode = '', group_concat_max_len = 1073741824",
    "SET SESSION lock_wait_timeout = 60, sql_quote_show_create = 1, wait_timeout = 604800",
    "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
)
"""The same content has to read the same, whatever the server is set to."""
ESCAPED = {"\\n": "\n", "\\t": "\t", "\\0": "\0", "\\\\": "\\"}

Row = List[str]


def here() -> Server:
    """The server of this machine, asked by root through its socket."""
    return Server("", LOCAL)


class Session(Client):
    """One client that stays connected."""

    def __init__(self, server: Server, database: str = "") -> None:
        self._end = f"seawall-end-{os.urandom(8).hex()}"
        chosen = [f"--database={database}"] if database else []
        super().__init__(server, ("mariadb", *CLIENT, *chosen))

    def __enter__(self) -> "Session":
        for setting in STEADY:
            self.ask(setting)
        return self

    def ask(self, question: str) -> List[Row]:
        """The rows that a statement answers; StepError when it fails."""
        assert self._process.stdin and self._process.stdout
        try:
            self._process.stdin.write(f"{question}\n;SELECT '{self._end}';\n".encode())
            self._process.stdin.flush()
        except BrokenPipeError:
            raise self._refused() from None
        rows: List[Row] = []
        for line in self._process.stdout:
            text = line.decode("utf-8", "replace").rstrip("\n")
            if text == self._end:
                return rows
            rows.append([plain(each) for each in text.split("\t")])
        raise self._refused()

    def _refused(self) -> system.StepError:
        self._process.wait()
        told = re.sub(r"(?sm)\A.*?(?=^ERROR )", "", tail(self._errors, 1500))
        lost = "Can't connect|gone away|Lost connection|^$"
        known = "the database is gone" if re.search(lost, told) else "the database refused"
        return system.StepError(known, told)


def plain(field: str) -> str:
    """A field of an answer, without the client's escapes."""
    return re.sub(r"\\[nt0\\]", lambda found: ESCAPED[found[0]], field)


def tried(
    server: Server, database: str, questions: Iterable[str]
) -> Iterator[Tuple[str, List[Row], str]]:
    """Every question with its answer, or with why there is none; one that fails spoils no other."""
    left = list(questions)
    while left:
        answered, wrong = _until_error(server, database, left)
        yield from ((question, rows, "") for question, rows in answered)
        left = left[len(answered) :]
        if left:
            yield left.pop(0), [], wrong


def _until_error(
    server: Server, database: str, questions: List[str]
) -> Tuple[List[Tuple[str, List[Row]]], str]:
    answered: List[Tuple[str, List[Row]]] = []
    try:
        with Session(server, database) as session:
            for question in questions:
                answered.append((question, session.ask(question)))
    except system.StepError as error:
        return answered, error.output or error.problem
    return answered, ""


def quoted(name: str) -> str:
    """A name as SQL takes it."""
    return "`" + name.replace("`", "``") + "`"


def literal(text: str) -> str:
    """A text as SQL takes it, whatever sql_mode says: as its bytes."""
    return f"CONVERT(X'{text.encode().hex()}' USING utf8mb4)" if text else "''"
