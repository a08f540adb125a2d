"""MariaDB from the distribution, on loopback and its socket."""

from collections.abc import Iterator, Mapping
from typing import ClassVar
from urllib.parse import quote

from seawall.agent.steps import (
    File,
    MariaDBAccess,
    MariaDBDatabase,
    MariaDBServer,
    Packages,
    Step,
    Unit,
)
from seawall.features.stability.databases.database import Database
from seawall.kit import Dataset, Finding, Look

PORT = 3306
DROP_IN = "/etc/systemd/system/mariadb.service.d/seawall.conf"
RESTART = """\
# Written by seawall: Debian leaves a server that was killed lying there.
[Service]
Restart=on-failure
RestartSec=1
"""
LOOPBACK = ("127.0.0.1", "::1", "localhost")


class MariaDB:
    """One server for all databases of this kind; each belongs to an account of its name."""

    probe: ClassVar[str] = "mariadb"
    unit: ClassVar[str] = "mariadb.service"

    def steps(self, here: Mapping[str, Database], passwords: Mapping[str, str]) -> Iterator[Step]:
        yield Packages(("mariadb-server",))
        settings = {key: value for each in here.values() for key, value in each.settings.items()}
        yield MariaDBServer(tuple(sorted(settings.items())))
        yield File(DROP_IN, RESTART, reload=("mariadb",))
        yield Unit("mariadb", without_systemd="mariadb")
        yield MariaDBAccess()
        for name in sorted(here):
            yield MariaDBDatabase(name, passwords[name])

    def dataset(self, name: str, database: Database) -> Dataset:
        return Dataset(name, "mariadb", {"database": name}, tuple(database.asserts))

    def address(self, name: str, password: str) -> str:
        return f"mysql://{name}:{quote(password, safe='')}@127.0.0.1:{PORT}/{name}"

    def closed(self, look: Look) -> Iterator[Finding]:
        """Accounts that ask for nothing or come from elsewhere, and a door to the network."""
        seen = look.fact(self.probe)
        for account in seen["nameless"]:
            fix = look.apply_or(f'mariadb -e "DROP USER {account}"')
            yield Finding("MariaDB lets everybody in, by any name", account, fix)
        for account in seen["open"]:
            fix = look.apply_or(f'mariadb -e "ALTER USER {account} ACCOUNT LOCK"')
            yield Finding("MariaDB lets somebody in without a password", account, fix)
        for account in seen["far"]:
            fix = (
                f"mariadb -e \"RENAME USER {account} TO {account.rpartition('@')[0]}@'localhost'\""
            )
            yield Finding("MariaDB lets somebody in from elsewhere", account, fix)
        address, _, port = seen["listens"].rpartition(":")
        if address and address not in LOOPBACK:
            told = f"bind-address = {address}, port {port}"
            command = "bind-address = 127.0.0.1 in /etc/mysql/mariadb.conf.d, then restart mariadb"
            yield Finding("MariaDB listens to more than this server", told, look.apply_or(command))

    def ordinary(self, look: Look) -> Iterator[Finding]:
        """Administrators besides root and mysql themselves."""
        for account in look.fact(self.probe)["powerful"]:
            sql = f"REVOKE ALL PRIVILEGES ON *.* FROM {account}"
            fix = f'mariadb -e "{sql}; REVOKE GRANT OPTION ON *.* FROM {account}"'
            yield Finding(f"{account} may do everything in MariaDB", "it is an administrator", fix)

    def exact(self, look: Look) -> Iterator[Finding]:
        """Tables that no snapshot holds still, and numbers that every dump rounds."""
        seen = look.fact(self.probe)
        for table, engine in seen["frail"]:
            told = f"{engine} has no transactions: whoever writes waits while it is saved"
            fix = f'mariadb -e "ALTER TABLE {table} ENGINE=InnoDB"'
            yield Finding(f"{table} is in no snapshot", told, fix)
        for column in seen["rounded"]:
            table, _, name = column.rpartition(".")
            fix = f'mariadb -e "ALTER TABLE {table} MODIFY {name} DOUBLE"'
            yield Finding(f"{column} is rounded when it is saved", "FLOAT keeps 6 digits", fix)
