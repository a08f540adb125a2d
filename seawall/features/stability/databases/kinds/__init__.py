"""The kinds of database that Seawall runs, one module each.

A kind says what is installed and set, how an app reaches it, and what is wrong with the one that
runs. What holds for all of them (backups, passwords, where it lives) is written once, above.
"""

from collections.abc import Iterator, Mapping
from typing import ClassVar, Protocol

from seawall.agent.steps import Step
from seawall.features.stability.databases.database import Database
from seawall.features.stability.databases.kinds.mariadb import MariaDB
from seawall.features.stability.databases.kinds.postgres import Postgres
from seawall.features.stability.databases.kinds.redis import Redis
from seawall.features.stability.databases.kinds.sqlite import Sqlite
from seawall.kit import Dataset, Finding, Look


class Kind(Protocol):
    """What one kind of database has to say for itself."""

    probe: ClassVar[str]
    """The probe that looks at the one that runs, "" where none does."""
    unit: ClassVar[str]
    """The service to watch, "" where there is none."""

    def steps(self, here: Mapping[str, Database], passwords: Mapping[str, str]) -> Iterator[Step]:
        """What makes one server hold these databases; a password is "" where no key here opens
        it, and then stays as it is."""

    def dataset(self, name: str, database: Database) -> Dataset:
        """What is saved of one of them."""

    def address(self, name: str, password: str) -> str:
        """DATABASE_URL of whoever is on the same server."""

    def closed(self, look: Look) -> Iterator[Finding]:
        """Who gets in without a password, or from elsewhere."""

    def ordinary(self, look: Look) -> Iterator[Finding]:
        """Who may do more than their own database needs."""

    def exact(self, look: Look) -> Iterator[Finding]:
        """What a dump does not hold as it is."""


MARIADB = MariaDB()
KINDS: Mapping[str, Kind] = {
    "postgres": Postgres(),
    "mariadb": MARIADB,
    "mysql": MARIADB,
    "redis": Redis(),
    "sqlite": Sqlite(),
}
"""Every engine that seawall.yml may name."""
PROBES = tuple({kind.probe: None for kind in KINDS.values() if kind.probe})
"""What the checks of databases read."""
