"""Postgres from the distribution, on loopback and its socket."""

from collections.abc import Iterator, Mapping
from typing import ClassVar
from urllib.parse import quote

from seawall.agent.steps import File, Packages, PostgresDatabase, PostgresServer, Step, Unit
from seawall.features.stability.databases.database import Database
from seawall.kit import Dataset, Finding, Look

PORT = 5432
DROP_IN = "/etc/systemd/system/postgresql@.service.d/seawall.conf"
RESTART = """\
# Written by seawall: Debian leaves a server that crashed lying there.
[Service]
Restart=on-failure
RestartSec=1
"""


class Postgres:
    """One server for all databases of this kind; each belongs to a role of its name."""

    probe: ClassVar[str] = "postgres"
    unit: ClassVar[str] = "postgresql.service"

    def steps(self, here: Mapping[str, Database], passwords: Mapping[str, str]) -> Iterator[Step]:
        yield Packages(("postgresql",))
        settings = {key: value for each in here.values() for key, value in each.settings.items()}
        yield PostgresServer(tuple(sorted(settings.items())))
        yield File(DROP_IN, RESTART, reload=("postgresql",))
        yield Unit("postgresql", without_systemd="postgresql")
        for name in sorted(here):
            yield PostgresDatabase(name, name, passwords[name])

    def dataset(self, name: str, database: Database) -> Dataset:
        return Dataset(name, "postgres", {"database": name}, tuple(database.asserts))

    def address(self, name: str, password: str) -> str:
        return f"postgresql://{name}:{quote(password, safe='')}@127.0.0.1:{PORT}/{name}"

    def closed(self, look: Look) -> Iterator[Finding]:
        """Lines of pg_hba.conf that ask for no password, or for one in clear text."""
        reload = "systemctl reload postgresql"
        for rule in look.fact(self.probe)["open"]:
            fix = look.apply_or(f"scram-sha-256 in place of trust in pg_hba.conf, then {reload}")
            users = ", ".join(rule["users"] or ["everybody"])
            told = f"pg_hba.conf, line {rule['line']}: {users} from {rule['from'] or 'here'}"
            yield Finding("Postgres lets somebody in without a password", told, fix)

    def ordinary(self, look: Look) -> Iterator[Finding]:
        """Superusers besides postgres itself."""
        for role in look.fact(self.probe)["powerful"]:
            fix = f"runuser -u postgres -- psql -c 'ALTER ROLE \"{role}\" NOSUPERUSER'"
            yield Finding(f"{role} may do everything in Postgres", "it is a superuser", fix)

    def exact(self, look: Look) -> Iterator[Finding]:
        """pg_dump holds everything."""
        yield from ()
