"""How people get into a database from its server: each engine's own client.

Whoever gets in is root of the server already, so no password is asked for, and none is in a command
line. In Postgres they act as the owner of the database, so that what they make is the app's.
"""

from collections.abc import Callable, Mapping

Client = Callable[[str, bool], list[str]]
"""A command for root of the server, by the name of the database, or the file that it is, and
whether there is a terminal; what was typed follows it."""

AS_POSTGRES = ("sh", "-c", 'cd /; exec "$@"', "sh", "runuser", "-u", "postgres", "--", "env")
QUIETLY = ("LC_ALL=C.UTF-8", "PGCLIENTENCODING=UTF8", "HOME=/", "PSQL_HISTORY=/dev/null")


def psql(name: str, terminal: bool) -> list[str]:
    """With no terminal, the first statement that fails ends it, with exit code 3."""
    stop = [] if terminal else ["--set=ON_ERROR_STOP=1"]
    owner = f"PGOPTIONS=-c role={name}"
    return [*AS_POSTGRES, *QUIETLY, owner, "psql", f"--dbname={name}", *stop]


def mariadb(name: str, terminal: bool) -> list[str]:
    """As root of MariaDB, which has no way to act for another; the first error ends it with 1."""
    quietly = ("env", "LC_ALL=C.UTF-8", "MYSQL_HISTFILE=/dev/null")
    return [*quietly, "mariadb", "--default-character-set=utf8mb4", f"--database={name}"]


ENTERED = r"""
import os, re, sys
told = re.search(r'^requirepass "(.*)"$', open("/etc/redis/seawall.secret.conf").read(), re.M)
word = re.sub(r"\\x(..)", lambda each: chr(int(each[1], 16)), told[1]).encode("latin-1")
os.environb[b"REDISCLI_AUTH"] = word
os.execvp("redis-cli", ["redis-cli", *sys.argv[1:]])
"""
"""Only root reads the password, which redis-cli takes from its environment."""


def redis_cli(name: str, terminal: bool) -> list[str]:
    """With every right that there is: Redis has no others."""
    return ["env", "REDISCLI_HISTFILE=/dev/null", "python3", "-I", "-c", ENTERED]


def sqlite3(file: str, terminal: bool) -> list[str]:
    """As the owner of the file, so that what SQLite makes beside it is the app's."""
    become = (
        'exec runuser -u "$(stat -c %U "$0")" -- env SQLITE_HISTORY=/dev/null sqlite3 "$0" "$@"'
    )
    return ["sh", "-c", f"cd /; {become}", file]


CLIENTS: Mapping[str, Client] = {
    "postgres": psql,
    "mariadb": mariadb,
    "mysql": mariadb,
    "redis": redis_cli,
    "sqlite": sqlite3,
}
"""The client of each engine; one that is not here cannot be opened by `seawall db`."""
