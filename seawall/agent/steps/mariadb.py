"""MariaDB of the distribution: where it listens, what it may use, who may log in, its databases.

A password is compared by the hash that the server keeps of it (mysql_native_password), so that a
plan can tell whether it is the one that was declared without logging in with it.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from typing import Dict, List, Optional, Tuple

from seawall.agent import system
from seawall.agent.steps.postgres import memory
from seawall.agent.steps.step import Change, Step, made_or_changed, unified

SETTINGS = "/etc/mysql/mariadb.conf.d/zz-seawall.cnf"
"""Read after every other file, so that none of them opens the door again."""
CLOSED = "bind_address = 127.0.0.1\n"
"""Last, so that no other spelling of it wins."""
FOR_ALL = system.Ownership(0o644, 0, 0)
SOCKET = "/run/mysqld/mysqld.sock"
GIBIBYTE = 1 << 30


@dataclass(frozen=True)
class MariaDBServer(Step):
    """The server, on loopback and its socket alone, sized for this machine; and nobody who gets
    in without a password.

    `settings` are the user's own and win over what follows from the machine's memory.
    """

    settings: Tuple[Tuple[str, str], ...] = ()
    restart: Tuple[str, ...] = ("mariadb",)

    def drift(self) -> Optional[Change]:
        before = (system.read(SETTINGS) or b"").decode("utf-8", "replace")
        if before != self._text():
            action = "~" if before else "+"
            return Change(action, SETTINGS, unified(SETTINGS, before, self._text()))
        return None

    def _text(self) -> str:
        chosen = {**sized(memory()), **dict(self.settings)}
        lines = [f"{name} = {value}\n" for name, value in sorted(chosen.items())]
        return "# Written by seawall.\n[mysqld]\n" + "".join(lines) + CLOSED

    def apply(self) -> None:
        if not os.path.isdir(os.path.dirname(SETTINGS)):
            raise system.StepError("mariadb-server is installed, but has no mariadb.conf.d")
        system.write(SETTINGS, self._text().encode(), FOR_ALL, accepted)

    def touches(self) -> List[str]:
        return [SETTINGS]


def accepted(candidate: str) -> None:
    """Raise StepError when the server would not start with these settings."""
    words = [f"--defaults-file={candidate}", "--user=mysql", "--verbose", "--help"]
    result = system.run(["mariadbd", *words])
    if result.code != 0:
        said = [line for line in result.errors.splitlines() if "[ERROR]" in line]
        raise system.StepError("MariaDB does not know these settings", "\n".join(said))


@dataclass(frozen=True)
class MariaDBAccess(Step):
    """Nobody logs in without a password: accounts without a name go, others are locked."""

    def drift(self) -> Optional[Change]:
        lines = [
            *(f"-account {spelled(*each)}, which is for everybody" for each in self._nameless()),
            *(f"-account {spelled(*each)} needs no password: locked" for each in self._open()),
        ]
        return Change("~", "who may log in to MariaDB", "\n".join(lines)) if lines else None

    def _nameless(self) -> List[List[str]]:
        return ask(NAMELESS) if os.path.exists(SOCKET) else []

    def _open(self) -> List[List[str]]:
        return ask(OPEN) if os.path.exists(SOCKET) else []

    def apply(self) -> None:
        for each in self._nameless():
            ask(f"DROP USER {spelled(*each)}")
        for each in self._open():
            ask(f"ALTER USER {spelled(*each)} ACCOUNT LOCK")


NAMELESS = "SELECT User, Host FROM mysql.global_priv WHERE User = '' ORDER BY 2"
OPEN = """
SELECT User, Host FROM mysql.global_priv
WHERE User <> '' AND User <> 'PUBLIC' AND COALESCE(JSON_VALUE(Priv, '$.is_role'), 0) = 0
  AND COALESCE(JSON_VALUE(Priv, '$.account_locked'), 0) = 0
  AND COALESCE(JSON_VALUE(Priv, '$.authentication_string'), '') = ''
  AND COALESCE(JSON_VALUE(Priv, '$.plugin'), '') IN ('', 'mysql_native_password', 'ed25519')
ORDER BY 1, 2
"""
"""Accounts whose first way in is a password, which is empty."""


@dataclass(frozen=True)
class MariaDBDatabase(Step):
    """A database, and the account of its name, which may do everything in it and nothing else.

    Without a `password` the account keeps the one that it has: whoever applies does not know it.
    """

    name: str
    password: str = ""

    def drift(self) -> Optional[Change]:
        return made_or_changed(f"database {self.name}", self._differences())

    def _differences(self) -> List[str]:
        fresh = [f"+database {self.name}", f"+account {self.name}@localhost"]
        if not os.path.exists(SOCKET):
            return fresh
        lines = [] if self._is_there() else fresh[:1]
        seen = ask(STATE.format(name=self.name))
        if not seen:
            return [*lines, fresh[1]]
        [[kept, powers]] = seen
        if powers != "0":
            lines.append(f"-{self.name} may do something in every database")
        lines += [f"-{self.name} may use {other}" for other in self._elsewhere()]
        if ask(FULL.format(name=self.name, pattern=pattern(self.name))) == []:
            lines.append(f"+{self.name} may do everything in {self.name}")
        if self.password and kept != hashed(self.password):
            who = f"password of {self.name}"
            lines.append(f"-{who}\n+{who} (secret, changed)")
        return lines

    def _is_there(self) -> bool:
        return ask(f"SHOW DATABASES LIKE '{pattern(self.name)}'") != []

    def _elsewhere(self) -> List[str]:
        rows = ask(ELSEWHERE.format(name=self.name, pattern=pattern(self.name)))
        return [row[0] for row in rows]

    def apply(self) -> None:
        account = f"'{self.name}'@'localhost'"
        ask(f"CREATE DATABASE IF NOT EXISTS `{self.name}` CHARACTER SET utf8mb4")
        if not ask(STATE.format(name=self.name)) and not self.password:
            raise system.StepError(f"the password of {self.name} is not known here")
        if self.password:
            way = f"IDENTIFIED BY PASSWORD '{hashed(self.password)}'"
            ask(f"CREATE USER IF NOT EXISTS {account} {way}")
            ask(f"ALTER USER {account} {way} ACCOUNT UNLOCK")
        ask(f"REVOKE ALL PRIVILEGES ON *.* FROM {account}")
        ask(f"REVOKE GRANT OPTION ON *.* FROM {account}")
        for other in self._elsewhere():
            ask(f"REVOKE ALL PRIVILEGES ON `{other}`.* FROM {account}")
        ask(f"GRANT ALL PRIVILEGES ON `{pattern(self.name)}`.* TO {account}")


STATE = """
SELECT JSON_VALUE(Priv, '$.authentication_string'), JSON_VALUE(Priv, '$.access')
FROM mysql.global_priv WHERE User = '{name}' AND Host = 'localhost'
"""
ELSEWHERE = r"""
SELECT Db FROM mysql.db WHERE User = '{name}' AND Host = 'localhost'
  AND SUBSTRING_INDEX(Db, '\_restored\_', 1) <> '{pattern}'
"""
"""What is restored beside a database belongs to its account, too."""
FULL = """
SELECT 1 FROM mysql.db WHERE User = '{name}' AND Host = 'localhost' AND Db = '{pattern}'
  AND 'N' NOT IN (Select_priv, Insert_priv, Update_priv, Delete_priv, Create_priv, Drop_priv,
    References_priv, Index_priv, Alter_priv, Create_tmp_table_priv, Lock_tables_priv,
    Create_view_priv, Show_view_priv, Create_routine_priv, Alter_routine_priv, Execute_priv,
    Event_priv, Trigger_priv)
"""


def ask(question: str) -> List[List[str]]:
    """What the server of this machine answers its own administrator."""
    from seawall.agent.backups.engines.mysql import Session, here

    with Session(here()) as session:
        return session.ask(question)


def spelled(user: str, host: str) -> str:
    """An account as SQL takes it, and as a person reads it."""
    return "@".join(
        "'" + each.replace("\\", "\\\\").replace("'", "''") + "'" for each in (user, host)
    )


def pattern(name: str) -> str:
    """A database's name where % and _ are wild."""
    return name.replace("_", "\\_")


def hashed(password: str) -> str:
    """What MariaDB keeps of a password: SHA1 of its SHA1."""
    inner = hashlib.sha1(password.encode(), usedforsecurity=False).digest()
    return "*" + hashlib.sha1(inner, usedforsecurity=False).hexdigest().upper()


def sized(total: int) -> Dict[str, str]:
    """Settings for a machine that has other things to do as well: an eighth of its memory for
    the server's own cache. In whole megabytes, so that a kernel that keeps a little more for
    itself changes nothing.
    """
    gibibytes = max(1, round(total * 2 / GIBIBYTE)) / 2
    return {
        "character-set-server": "utf8mb4",
        "collation-server": "utf8mb4_unicode_ci",
        "innodb_buffer_pool_size": f"{int(min(8, gibibytes / 8) * 1024)}M",
        "aria_pagecache_buffer_size": f"{int(max(16, min(128, gibibytes * 16)))}M",
        "key_buffer_size": "16M",
        "max_connections": "100",
        "max_allowed_packet": "64M",
        "local_infile": "OFF",
    }
