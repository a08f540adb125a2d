"""A MariaDB database restored beside the live one, on the same server and under another name.

mariadb-dump names its database again and again, to change its collation for a moment, too; all of
these lines name the new one here. Events stay out: a copy must not begin to do things by itself.
"""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from typing import IO, Iterator, List

from seawall.agent import system
from seawall.agent.backups.engines import Restored, Source, Want
from seawall.agent.backups.engines.mysql import Session, literal, quoted, tried
from seawall.agent.backups.engines.mysql_accounts import spelled
from seawall.agent.backups.engines.mysql_dump import READ
from seawall.agent.backups.engines.psql import Server, tail
from seawall.agent.backups.faults import said
from seawall.agent.backups.manifest import Manifest, Parts

LONGEST = 64
"""Characters of a name in MariaDB."""
NAMING = (b"CREATE DATABASE ", b"ALTER DATABASE ", b"USE ", b"-- Current Database: ")
"""How lines begin that name the database; none of a table's rows begins so."""
SECTIONS = (
    b"-- Current Database: ",
    b"-- Table structure for ",
    b"-- Temporary table structure for ",
    b"-- Sequence structure for ",
    b"-- Final view structure for ",
    b"-- Dumping events for ",
    b"-- Dumping routines for ",
)
NOT_COMPARED = ("account", "database", "event")
"""What belongs to the server, has another name, or stays out."""


def prepare(live: Server, made: Manifest, name: str) -> None:
    """Make the accounts that are missing; StepError when the name is taken."""
    if len(name) > LONGEST:
        raise system.StepError(f"{name} is longer than {LONGEST} characters")
    taken = f"SELECT 1 FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = {literal(name)}"
    with Session(live) as session:
        if session.ask(taken):
            raise system.StepError(f"there is a database {name} already")
    list(tried(live, "", missing(made.needed["accounts"])))


def missing(accounts: List[str]) -> List[str]:
    """The statements that make accounts where there are none of their names."""
    kinds = r"^CREATE (USER|ROLE) "
    return [re.sub(kinds, r"CREATE \1 IF NOT EXISTS ", each) for each in accounts]


def fill(live: Server, made: Manifest, source: Source, want: Want) -> str:
    """Restore all of a copy, or one table, under a name; what the client complained about."""
    former = made.needed["database"]
    names = [spelled(each) for each in made.needed["accounts"]]
    rights = f"ALL PRIVILEGES ON {wild(want.name)}.*"
    list(tried(live, "", [f"GRANT {rights} TO {each}" for each in names]))
    with source.stream() as stream:
        complaint = _fed(live, renamed(stream, former, want))
    list(tried(live, "", [f"REVOKE {rights} FROM {each}" for each in names]))
    if not complaint:
        list(tried(live, "", moved(made.needed["grants"], former, want.name)))
    return complaint


def renamed(stream: IO[bytes], former: str, want: Want) -> Iterator[bytes]:
    """The lines of a dump for a database of another name: all but events, or one table's."""
    before, after = quoted(former).encode(), quoted(want.name).encode()
    only = f"-- Table structure for table {quoted(want.table)}\n".encode()
    wanted = True
    for line in stream:
        if line.startswith(SECTIONS):
            all_of_it = not want.table and not line.startswith(b"-- Dumping events for ")
            wanted = all_of_it or line == only or line.startswith(SECTIONS[0])
        if wanted:
            yield line.replace(before, after, 1) if line.startswith(NAMING) else line


def _fed(live: Server, lines: Iterator[bytes]) -> str:
    with said() as errors:
        client = subprocess.Popen(
            live.command("mariadb", *READ),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            cwd="/",
            env=live.surroundings(),
        )
        assert client.stdin
        try:
            client.stdin.writelines(lines)
            client.stdin.close()
        except BrokenPipeError:
            return f"mariadb complained: {tail(errors)}" if client.wait() else ""
        except BaseException:
            client.kill()
            client.wait()
            raise
        return f"mariadb complained: {tail(errors)}" if client.wait() else ""


def moved(grants: List[str], former: str, name: str) -> List[str]:
    """The rights on the saved database, on the one of the new name."""
    kind = r"(?P<kind> ON (?:(?:PROCEDURE|FUNCTION|PACKAGE(?: BODY)?) )?)"
    known = re.compile(rf"{kind}(?:{re.escape(quoted(former))}|{re.escape(wild(former))})\.")
    found: List[str] = []
    for grant in grants:
        place = known.search(grant)
        if place:
            on_all = grant[place.end() :].startswith("*")  # only then are there wild characters
            after = wild(name) if on_all else quoted(name)
            found.append(f"{grant[: place.start()]}{place['kind']}{after}.{grant[place.end() :]}")
    return found


def wild(name: str) -> str:
    """A name in a grant, where % and _ stand for others unless they are escaped."""
    return quoted(re.sub(r"([%_\\])", r"\\\1", name))


def narrowed(made: Manifest, table: str) -> Parts:
    """What has to be the same in what was restored; StepError when the table is not in it."""
    if not table:
        return {part: names for part, names in made.compared.items() if part not in NOT_COMPARED}
    rows = made.compared.get("rows of", {})
    if table not in rows:
        raise system.StepError(f"there is no table {table} in the copy", ", ".join(sorted(rows)))
    return {"rows of": {table: rows[table]}}


@dataclass
class Beside(Restored):
    """A copy beside the live database, and where it came from."""

    made: Manifest
    source: Source


def require_empty(live: Server, database: str) -> None:
    """StepError when the live database holds something: MariaDB cannot rename a database, so
    nothing could take its place at once."""
    with Session(live) as session:
        [[held]] = session.ask(HELD.format(database=literal(database)))
    if held != "0":
        problem = f"{database} holds something, and MariaDB cannot change it for a copy at once"
        raise system.StepError(problem, "restore beside it, and move what you need by hand")


HELD = """
SELECT (SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = {database})
  + (SELECT COUNT(*) FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = {database})
  + (SELECT COUNT(*) FROM information_schema.EVENTS WHERE EVENT_SCHEMA = {database})
"""


def drop(live: Server, name: str) -> None:
    """Leave nothing of what could not be restored."""
    list(tried(live, "", [f"DROP DATABASE IF EXISTS {quoted(name)}"]))
