"""Postgres of the distribution: who may log in from where, what it may use, and its databases.

A password is compared by the verifier that the server keeps of it (SCRAM-SHA-256, RFC 7677), so
that a plan can tell whether it is the one that was declared without logging in with it.
"""

from __future__ import annotations

import base64
import glob
import hashlib
import hmac
import os
import pwd
import re
from dataclasses import dataclass
from typing import Any, Dict, List, Optional, Tuple

from seawall.agent import system
from seawall.agent.steps.step import Change, Step, made_or_changed, unified

CLUSTERS = "/etc/postgresql/*/main"
ACCESS = """\
# Written by seawall: system accounts by their own name, passwords from this machine, nobody else.
local all postgres peer
local all all scram-sha-256
host all all 127.0.0.1/32 scram-sha-256
host all all ::1/128 scram-sha-256
"""
GIBIBYTE = 1 << 30


@dataclass(frozen=True)
class PostgresServer(Step):
    """The newest cluster, on loopback and its socket alone, sized for this machine.

    `settings` are the user's own and win over what follows from the machine's memory.
    """

    settings: Tuple[Tuple[str, str], ...] = ()
    restart: Tuple[str, ...] = ("postgresql",)

    def drift(self) -> Optional[Change]:
        folder = cluster()
        if folder is None:
            return Change("+", "postgresql settings", self._settings())
        lines = [
            unified(path, (system.read(path) or b"").decode("utf-8", "replace"), content)
            for path, content in self._files(folder)
            if system.read(path) != content.encode()
        ]
        return Change("~", f"postgresql settings in {folder}", "\n".join(lines)) if lines else None

    def _files(self, folder: str) -> List[Tuple[str, str]]:
        settings = f"{folder}/conf.d/seawall.conf"
        return [(settings, self._settings()), (f"{folder}/pg_hba.conf", ACCESS)]

    def _settings(self) -> str:
        chosen = {**sized(memory()), **dict(self.settings)}
        lines = [f"{name} = {quoted(value)}\n" for name, value in sorted(chosen.items())]
        return "# Written by seawall.\n" + "".join(lines)

    def apply(self) -> None:
        folder = cluster()
        if folder is None:
            raise system.StepError("postgresql is installed, but it has no cluster named main")
        owner = pwd.getpwnam("postgres")
        os.makedirs(f"{folder}/conf.d", exist_ok=True)
        for path, content in self._files(folder):
            system.keep_original(path)
            ownership = system.Ownership(0o640, owner.pw_uid, owner.pw_gid)
            system.write(path, content.encode(), ownership)

    def touches(self) -> List[str]:
        folder = cluster()
        return [path for path, _ in self._files(folder)] if folder else []


@dataclass(frozen=True)
class PostgresDatabase(Step):
    """A database and the role that owns it, which may log in and nothing else.

    Without a `password` the role keeps the one that it has: whoever applies does not know it.
    """

    name: str
    role: str
    password: str = ""

    def drift(self) -> Optional[Change]:
        return made_or_changed(f"database {self.name}", self._differences())

    def _differences(self) -> List[str]:
        if cluster() is None or not os.path.exists(SOCKET):
            return [f"+database {self.name}", f"+role {self.role}"]
        seen = ask("postgres", STATE.format(name=literal(self.name), role=literal(self.role)))
        told: Dict[str, Any] = seen[0]
        lines = [] if told["database"] else [f"+database {self.name}"]
        lines += [] if told["role"] else [f"+role {self.role}"]
        if told["role"] and told["powers"]:
            lines.append(f"-{self.role} may do more than log in")
        if told["role"] and self.password and not fits(self.password, told["verifier"] or ""):
            lines.append(f"-password of {self.role}\n+password of {self.role} (secret, changed)")
        if told["database"] and told["owner"] != self.role:
            lines.append(f"-owner {told['owner']}\n+owner {self.role}")
        return lines

    def apply(self) -> None:
        role, name = identifier(self.role), identifier(self.name)
        if not ask(
            "postgres", f"SELECT to_json(1) FROM pg_roles WHERE rolname = {literal(self.role)}"
        ):
            if not self.password:
                raise system.StepError(f"the password of {self.role} is not known here")
            ask("postgres", f"CREATE ROLE {role}")
        ask("postgres", f"ALTER ROLE {role} LOGIN {NO_POWERS}")
        if self.password:
            told = literal(verifier(self.password, os.urandom(16)))
            ask("postgres", f"ALTER ROLE {role} PASSWORD {told}")
        known = f"SELECT to_json(1) FROM pg_database WHERE datname = {literal(self.name)}"
        if not ask("postgres", known):
            ask(
                "postgres",
                f"CREATE DATABASE {name} OWNER {role} ENCODING 'UTF8' TEMPLATE template0",
            )
        ask("postgres", f"ALTER DATABASE {name} OWNER TO {role}")
        ask("postgres", f"REVOKE CONNECT, TEMPORARY ON DATABASE {name} FROM PUBLIC")


NO_POWERS = "NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS"
STATE = """
SELECT json_build_object('role', r.rolname, 'verifier', r.rolpassword, 'database', d.datname,
  'owner', pg_get_userbyid(d.datdba), 'powers', r.rolsuper OR r.rolcreatedb OR r.rolcreaterole
    OR r.rolreplication OR r.rolbypassrls OR NOT r.rolcanlogin)
FROM (SELECT 1) one LEFT JOIN pg_authid r ON r.rolname = {role}
  LEFT JOIN pg_database d ON d.datname = {name}
"""
SOCKET = "/var/run/postgresql/.s.PGSQL.5432"


def ask(database: str, question: str) -> List[Any]:
    """What the server of this machine answers its own administrator."""
    from seawall.agent.backups.engines.psql import Server, Session

    with Session(Server(), database) as session:
        return session.ask(question)


def cluster() -> Optional[str]:
    """The settings folder of the newest cluster, None when there is none."""
    found = [path for path in glob.glob(CLUSTERS) if path.split("/")[3].isdigit()]
    return max(found, key=lambda path: int(path.split("/")[3]), default=None)


def memory() -> int:
    """Bytes of this machine's memory."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def sized(total: int) -> Dict[str, str]:
    """Settings for a machine that has other things to do as well: an eighth of its memory for
    the server's own cache, half of it assumed to hold files. In whole megabytes, so that a kernel
    that keeps a little more for itself changes nothing.
    """
    gibibytes = max(1, round(total * 2 / GIBIBYTE)) / 2
    return {
        "listen_addresses": "localhost",
        "password_encryption": "scram-sha-256",
        "max_connections": "100",
        "shared_buffers": f"{int(min(8, gibibytes / 8) * 1024)}MB",
        "effective_cache_size": f"{int(gibibytes * 512)}MB",
        "maintenance_work_mem": f"{int(min(1, gibibytes / 32) * 1024)}MB",
        "log_min_duration_statement": "2s",
        "log_lock_waits": "on",
    }


def quoted(value: str) -> str:
    """A setting's value as postgresql.conf takes it."""
    return "'" + value.replace("'", "''") + "'"


def literal(text: str) -> str:
    """A text as SQL takes it, whatever standard_conforming_strings says."""
    escaped = text.replace("\\", "\\\\").replace("'", "''")
    return f"E'{escaped}'"


def identifier(name: str) -> str:
    """A name as SQL takes it."""
    return '"' + name.replace('"', '""') + '"'


def verifier(password: str, salt: bytes, rounds: int = 4096) -> str:
    """What Postgres keeps of a password: SCRAM-SHA-256$rounds:salt$StoredKey:ServerKey."""
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, rounds)
    client = hmac.new(salted, b"Client Key", "sha256").digest()
    server = hmac.new(salted, b"Server Key", "sha256").digest()
    stored = hashlib.sha256(client).digest()
    words = [base64.b64encode(each).decode() for each in (salt, stored, server)]
    return f"SCRAM-SHA-256${rounds}:{words[0]}${words[1]}:{words[2]}"


def fits(password: str, kept: str) -> bool:
    """True when a password is the one that a verifier was made from."""
    found = re.fullmatch(r"SCRAM-SHA-256\$(\d{1,7}):([A-Za-z0-9+/=]+)\$.+", kept)
    if not found:
        return False
    made = verifier(password, base64.b64decode(found[2]), int(found[1]))
    return hmac.compare_digest(made.encode(), kept.encode())
