"""Databases: installed, closed to the internet, saved and proven from the day they are declared.

Each belongs to one server and listens there on loopback only. An app that `uses` one finds its
address in DATABASE_URL. No switch leaves a declared database without backups: it is one of the
datasets that `backups:` saves.
"""

from collections.abc import Iterator
from typing import Any, ClassVar

from seawall.agent.steps import Step
from seawall.features.stability.databases.database import Database
from seawall.features.stability.databases.kinds import KINDS, PROBES, Kind
from seawall.features.stability.databases.words import DatabaseName
from seawall.kit import Dataset, Feature, Finding, Look, Room, Use, check
from seawall.secrets.made import kept


def password_name(database: str) -> str:
    """What the password of a database is called among the secrets."""
    return f"DATABASE_{database.upper()}_PASSWORD"


class Databases(Feature):
    section: ClassVar[str] = "databases"
    room: ClassVar[Room] = "stability"

    databases: dict[DatabaseName, Database] = {}
    """Your databases, by a name of your choice."""

    def on(self, server: str) -> dict[str, Database]:
        """The databases of one server."""
        return {name: each for name, each in self.databases.items() if each.server == server}

    def kinds(self, server: str) -> dict[Kind, dict[str, Database]]:
        """The kinds of database of one server, each with those that are of it."""
        found: dict[Kind, dict[str, Database]] = {}
        for name, each in self.on(server).items():
            found.setdefault(KINDS[each.engine], {})[name] = each
        return found

    def datasets(self, config: Any, server: str) -> Iterator[Dataset]:
        for name, each in self.on(server).items():
            yield KINDS[each.engine].dataset(name, each)

    def units(self, config: Any, server: str) -> Iterator[str]:
        yield from (kind.unit for kind in self.kinds(server))

    def uses(self, config: Any) -> Iterator[Use]:
        for name, each in self.databases.items():
            then = f"seawall apply {each.server}, then deploy what uses it"
            yield Use(password_name(name), f"database {name}", then, made=True)

    def steps(self, config: Any, server: str) -> Iterator[Step]:
        for kind, here in self.kinds(server).items():
            yield from kind.steps(here, {name: kept(config, password_name(name)) for name in here})

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
        return KINDS[self.databases[name].engine].address(name, password)

    @check("Nobody gets into a database without a password", needs=PROBES)
    def closed(self, look: Look) -> Iterator[Finding]:
        """One line with `trust` in pg_hba.conf, left over from a tutorial, and every program on the
        server is the database's administrator: the one that an upload form just let in, too.
        """
        for kind in dict.fromkeys(KINDS.values()):
            yield from kind.closed(look)

    @check("Apps are no administrators of their database", severity="should", needs=PROBES)
    def ordinary(self, look: Look) -> Iterator[Finding]:
        """A superuser reads every database and runs programs on the server. An app with a hole
        hands that to whoever finds it; it needs no more than to own its own tables.
        """
        for kind in dict.fromkeys(KINDS.values()):
            yield from kind.ordinary(look)
