"""Databases: installed, closed to the internet, saved and proven from the day they are declared.

Each belongs to one server and listens there on loopback only. An app that `uses` one finds its
address in DATABASE_URL. No switch leaves a declared database without backups: it is one of the
datasets that `backups:` saves.
"""

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Literal
from urllib.parse import quote

from pydantic import Field

from seawall.agent.steps import File, Packages, PostgresDatabase, PostgresServer, Step, Unit
from seawall.features.stability.databases.words import DatabaseName, SettingName, SettingValue
from seawall.kit import Dataset, Feature, Finding, Look, Room, Section, Use, check
from seawall.kit.fields import KnownServer, OneLine
from seawall.secrets.made import kept

PORT = 5432
DROP_IN = "/etc/systemd/system/postgresql@.service.d/seawall.conf"
RESTART = """\
# Written by seawall: Debian leaves a server that crashed lying there.
[Service]
Restart=on-failure
RestartSec=1
"""


def password_name(database: str) -> str:
    """What the password of a database is called among the secrets."""
    return f"DATABASE_{database.upper()}_PASSWORD"


class Database(Section):
    """One database, and the server that it lives on."""

    engine: Literal["postgres"]
    """`postgres` is the version of the server's distribution: 15 on Debian 12, 17 on Debian 13."""
    server: KnownServer
    """The server that it lives on."""
    settings: dict[SettingName, SettingValue] = {}
    """Settings of Postgres, such as `work_mem: 32MB`; they win over Seawall's, which follow from
    the server's memory."""
    asserts: Annotated[list[OneLine], Field(alias="assert")] = []
    """Questions in SQL that every restored copy must answer with true, such as
    `SELECT count(*) > 0 FROM users`."""


class Databases(Feature):
    section: ClassVar[str] = "databases"
    room: ClassVar[Room] = "stability"

    databases: dict[DatabaseName, Database] = {}
    """Your databases, by a name of your choice."""

    def on(self, server: str) -> dict[str, Database]:
        """The databases of one server."""
        return {name: each for name, each in self.databases.items() if each.server == server}

    def datasets(self, config: Any, server: str) -> Iterator[Dataset]:
        for name, each in self.on(server).items():
            yield Dataset(name, each.engine, {"database": name}, tuple(each.asserts))

    def units(self, config: Any, server: str) -> Iterator[str]:
        if self.on(server):
            yield "postgresql.service"

    def uses(self, config: Any) -> Iterator[Use]:
        for name, each in self.databases.items():
            then = f"seawall apply {each.server}, then deploy what uses it"
            yield Use(password_name(name), f"database {name}", then, made=True)

    def steps(self, config: Any, server: str) -> Iterator[Step]:
        here = self.on(server)
        if not here:
            return
        yield Packages(("postgresql",))
        settings = {key: value for each in here.values() for key, value in each.settings.items()}
        yield PostgresServer(tuple(sorted(settings.items())))
        yield File(DROP_IN, RESTART, reload=("postgresql",))
        yield Unit("postgresql", without_systemd="postgresql")
        for name in sorted(here):
            yield PostgresDatabase(name, name, kept(config, password_name(name)))

    def addresses(self, config: Any, used: list[str]) -> dict[str, str]:
        """DATABASE_URL, and with several databases a variable for each, such as MAIN_URL."""
        found = {f"{name.upper()}_URL": self.address(config, name) for name in used}
        first = {"DATABASE_URL": next(iter(found.values()))} if found else {}
        return {**found, **first} if len(used) > 1 else first

    def address(self, config: Any, name: str) -> str:
        """DATABASE_URL of whoever is on the same server; ConfigError when no key here opens the
        password."""
        from seawall.secrets import Store

        password = Store.open(config).get(password_name(name))
        return f"postgresql://{name}:{quote(password, safe='')}@127.0.0.1:{PORT}/{name}"

    @check("Nobody gets into a database without a password", needs=("postgres",))
    def closed(self, look: Look) -> Iterator[Finding]:
        """One line with `trust` in pg_hba.conf, left over from a tutorial, and every program on the
        server is the database's administrator: the one that an upload form just let in, too.
        """
        seen = look.fact("postgres")
        reload = "systemctl reload postgresql"
        for rule in seen["open"]:
            fix = look.apply_or(f"scram-sha-256 in place of trust in pg_hba.conf, then {reload}")
            users = ", ".join(rule["users"] or ["everybody"])
            told = f"pg_hba.conf, line {rule['line']}: {users} from {rule['from'] or 'here'}"
            yield Finding("Postgres lets somebody in without a password", told, fix)

    @check("Apps are no administrators of their database", severity="should", needs=("postgres",))
    def ordinary(self, look: Look) -> Iterator[Finding]:
        """A superuser of Postgres reads every database and runs programs on the server. An app
        with a hole hands that to whoever finds it; it needs no more than to own its own tables.
        """
        for role in look.fact("postgres")["powerful"]:
            fix = f"runuser -u postgres -- psql -c 'ALTER ROLE \"{role}\" NOSUPERUSER'"
            yield Finding(f"{role} may do everything in Postgres", "it is a superuser", fix)
