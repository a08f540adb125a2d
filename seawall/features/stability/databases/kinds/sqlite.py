"""SQLite: a file of an app, which needs no server and no password."""

from collections.abc import Iterator, Mapping
from typing import ClassVar

from seawall.agent.steps import Packages, Step
from seawall.features.stability.databases.database import Database
from seawall.kit import Dataset, Finding, Look


class Sqlite:
    """Nothing runs; a deploy makes its folder, and the app the file."""

    probe: ClassVar[str] = ""
    unit: ClassVar[str] = ""

    def steps(self, here: Mapping[str, Database], passwords: Mapping[str, str]) -> Iterator[Step]:
        yield Packages(("sqlite3",))  # for whoever wants to look into it

    def dataset(self, name: str, database: Database) -> Dataset:
        return Dataset(name, "sqlite", {"file": database.file}, tuple(database.asserts))

    def address(self, name: str, password: str) -> str:
        return "sqlite:"  # of whichever file: there is no port and no password

    def closed(self, look: Look) -> Iterator[Finding]:
        """Whoever may read the file is who the app is."""
        yield from ()

    def ordinary(self, look: Look) -> Iterator[Finding]:
        """It has no users of its own."""
        yield from ()

    def exact(self, look: Look) -> Iterator[Finding]:
        """A copy holds everything."""
        yield from ()
