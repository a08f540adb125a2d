"""The accounts that a MariaDB database needs: whoever has rights on it, or is a definer in it.

A view whose definer is missing restores without a word, and fails when it is read.
"""

from __future__ import annotations

import hashlib
import re
from typing import Dict, List, NamedTuple, Optional, Set

from seawall.agent.backups.engines.mysql import Session, literal, quoted
from seawall.agent.backups.manifest import Parts

OWN = ("root@localhost", "mysql@localhost", "mariadb.sys@localhost")
"""Every server makes these itself."""
ACCOUNTS = "SELECT User, Host, is_role FROM mysql.user WHERE User <> 'PUBLIC' ORDER BY 3 DESC, 1, 2"
DEFINERS = """
SELECT DEFINER FROM information_schema.VIEWS WHERE TABLE_SCHEMA = {database}
UNION SELECT DEFINER FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = {database}
UNION SELECT DEFINER FROM information_schema.EVENTS WHERE EVENT_SCHEMA = {database}
UNION SELECT DEFINER FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = {database}
"""
ON = re.compile(r"^GRANT .+? ON (?:(?:PROCEDURE|FUNCTION|PACKAGE(?: BODY)?) )?(`(?:[^`]|``)+`)\.")
SECRET = re.compile(r"\b(PASSWORD|USING|AS) '([^']*)'")


class Account(NamedTuple):
    """How one account, or role, is made and what it may do."""

    name: str
    made: str
    grants: List[str]


def accounts(session: Session, database: str) -> List[Account]:
    """Those that a database needs; roles come first."""
    rows = session.ask(DEFINERS.format(database=literal(database)))
    definers = {row[0] for row in rows}
    found = (_account(session, database, row, definers) for row in session.ask(ACCOUNTS))
    return [each for each in found if each]


def _account(
    session: Session, database: str, row: List[str], definers: Set[str]
) -> Optional[Account]:
    user, host, role = row[0], row[1], row[2] == "Y"
    name = user if role else f"{user}@{host}"
    if name in OWN or not user:
        return None
    spelled = quoted(user) if role else f"{quoted(user)}@{quoted(host)}"
    shown = [line[0] for line in session.ask(f"SHOW GRANTS FOR {spelled}")]
    grants = [line for line in map(bare, shown) if concerns(line, database)]
    useful = any(not line.startswith("GRANT USAGE ") for line in grants)
    if not (role or useful or name in definers):
        return None
    made = f"CREATE ROLE {spelled}" if role else session.ask(f"SHOW CREATE USER {spelled}")[0][0]
    return Account(name, made, sorted(grants))


def spelled(made: str) -> str:
    """The account that a statement makes, as that writes it."""
    found = re.match(
        r"CREATE (?:USER|ROLE) (?:IF NOT EXISTS )?(`(?:[^`]|``)*`(?:@`(?:[^`]|``)*`)?)", made
    )
    return found[1] if found else ""


def bare(grant: str) -> str:
    """A grant without the password that its account is made with."""
    return re.sub(r" IDENTIFIED (BY PASSWORD|VIA) .*?(?= REQUIRE | WITH GRANT |$)", "", grant)


def concerns(grant: str, database: str) -> bool:
    """True for rights on this database, on all, and for roles; false for those on another."""
    found = ON.match(grant)
    return not found or matches(found[1][1:-1].replace("``", "`"), database)


def matches(pattern: str, database: str) -> bool:
    """True when a grant's database, in which % and _ are wild unless escaped, is this one."""
    words = {"%": ".*", "_": "."}
    parts = re.findall(r"\\.|.", pattern)
    spelled = "".join(words.get(each) or re.escape(each[-1]) for each in parts)
    return re.fullmatch(spelled, database) is not None


def compared(found: List[Account]) -> Parts:
    """Accounts as they are compared: passwords by a digest of what the server keeps of them."""
    told: Dict[str, str] = {}
    for each in found:
        told[each.name] = SECRET.sub(_digest, "; ".join([each.made, *each.grants]))
    return {"account": dict(told)}


def _digest(found: "re.Match[str]") -> str:
    return f"{found[1]} {hashlib.sha256(found[2].encode()).hexdigest()[:12]}"
