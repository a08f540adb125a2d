"""Databases: installed, closed to the internet, saved and proven from the day they are declared.

Each belongs to one server and listens there on loopback only. An app that `uses` one finds its
address in DATABASE_URL. No switch leaves a declared database without backups: it is one of the
datasets that `backups:` saves.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any, ClassVar

from pydantic import field_validator

from seawall.agent.steps import Step
from seawall.features.stability.databases.database import Database
from seawall.features.stability.databases.kinds import KINDS, PROBES, Kind
from seawall.features.stability.databases.kinds.elsewhere import programs
from seawall.features.stability.databases.words import DatabaseName
from seawall.kit import Dataset, Feature, Finding, Look, Room, Use, check
from seawall.kit.fields import Fault, faults
from seawall.secrets.made import kept


def password_name(database: str) -> str:
    """What the password of a database is called among the secrets."""
    return f"DATABASE_{database.upper()}_PASSWORD"


class Databases(Feature):
    section: ClassVar[str] = "databases"
    room: ClassVar[Room] = "stability"

    databases: dict[DatabaseName, Database] = {}
    """Your databases, by a name of your choice."""

    @field_validator("databases")
    @classmethod
    def _one_redis(cls, value: dict[str, Database]) -> dict[str, Database]:
        first: dict[str, str] = {}
        redis = [name for name, each in value.items() if each.engine == "redis"]
        for name in redis:
            other = first.setdefault(value[name].server, name)
            if other != name:
                hint = "it has 16 databases by number, such as redis://…/1"
                problem = f"is a second Redis on {value[name].server}, where {other} is one"
                raise faults([Fault(problem, hint, (name,), shown=False)])
        return value

    def on(self, server: str) -> dict[str, Database]:
        """The databases of one server."""
        return {name: each for name, each in self.databases.items() if each.server == server}

    def kinds(self, server: str) -> dict[Kind, dict[str, Database]]:
        """The kinds of database of one server, each with those that are of it."""
        found: dict[Kind, dict[str, Database]] = {}
        for name, each in self.on(server).items():
            if each.url:
                continue
            found.setdefault(KINDS[each.engine], {})[name] = each
        return found

    def datasets(self, config: Any, server: str) -> Iterator[Dataset]:
        for name, each in self.on(server).items():
            made = KINDS[each.engine].dataset(name, each)
            yield replace(made, told={}, secrets={"url": each.url}) if each.url else made

    def units(self, config: Any, server: str) -> Iterator[str]:
        yield from (kind.unit for kind in self.kinds(server) if kind.unit)

    def files(self, server: str) -> list[str]:
        """The SQLite files of one server."""
        return [each.file for each in self.on(server).values() if each.file]

    def folders(self, used: list[str], uploads: list[str]) -> list[str]:
        """Folders of SQLite files that an app needs besides its uploads."""
        files = [PurePosixPath(self.databases[name].file or "/") for name in used]
        folders = dict.fromkeys(str(file.parent) for file in files if file.name)
        return [each for each in folders if not any(_within(each, one) for one in uploads)]

    def uses(self, config: Any) -> Iterator[Use]:
        for name, each in self.databases.items():
            then = f"seawall apply {each.server}, then deploy what uses it"
            if each.url:
                yield Use(each.url, f"database {name}", then)
            elif not each.file:
                yield Use(password_name(name), f"database {name}", then, made=True)

    def steps(self, config: Any, server: str) -> Iterator[Step]:
        kinds = self.kinds(server)
        for engine in sorted({each.engine for each in self.on(server).values() if each.url}):
            yield from programs(engine, alone=KINDS[engine] not in kinds)
        for kind, here in kinds.items():
            yield from kind.steps(here, {name: kept(config, password_name(name)) for name in here})

    def addresses(self, config: Any, used: list[str]) -> dict[str, str]:
        """DATABASE_URL, REDIS_URL for the first Redis, and with several databases a variable for
        each, such as MAIN_URL."""
        found = {name: self.address(config, name) for name in used}
        caches = [name for name in used if self.databases[name].engine == "redis"]
        ordered = sorted(used, key=lambda name: name in caches)  # stable: a cache is no database
        first = {"DATABASE_URL": ordered[:1], "REDIS_URL": caches[:1]}
        several = {f"{name.upper()}_URL": [name] for name in used} if len(used) > 1 else {}
        return {key: found[name] for key, names in {**several, **first}.items() for name in names}

    def address(self, config: Any, name: str) -> str:
        """DATABASE_URL of whoever is on the same server; ConfigError when no key here opens the
        password."""
        from seawall.secrets import PRODUCTION, Store
        from seawall.secrets.collecting import required

        database = self.databases[name]
        if database.file:
            return f"sqlite:///{database.file}"
        if database.url:
            found = required(config, [database.url], f"database {name}", PRODUCTION)
            return found.values[database.url]
        password = Store.open(config).get(password_name(name))
        return KINDS[database.engine].address(name, password)

    @check("Nobody gets into a database without a password", needs=PROBES)
    def closed(self, look: Look) -> Iterator[Finding]:
        """One line with `trust` in pg_hba.conf, or an account without a password, left over from a
        tutorial, and every program on the server is the database's administrator: the one that an
        upload form just let in, too.
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

    @check("Every table can be saved as it is", severity="should", needs=PROBES)
    def exact(self, look: Look) -> Iterator[Finding]:
        """Some tables cannot be saved as they are, and every tool says that they were: MyISAM has
        no transactions, so its tables belong to no moment; a FLOAT is written with six digits, and
        what comes back is another number.
        """
        for kind in dict.fromkeys(KINDS.values()):
            yield from kind.exact(look)


def _within(folder: str, other: str) -> bool:
    return PurePosixPath(folder).is_relative_to(other)
