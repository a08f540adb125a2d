"""One database as seawall.yml declares it."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field, model_validator

from seawall.features.stability.databases.words import DatabaseFile, SettingName, SettingValue
from seawall.kit import Section
from seawall.kit.fields import Fault, KnownServer, OneLine, faults
from seawall.kit.fields.secrets import SecretName


class Database(Section):
    """One database, and the server that it lives on."""

    engine: Literal["postgres", "mariadb", "mysql", "redis", "sqlite"]
    """From the server's distribution: `postgres` is 15 on Debian 12, `mariadb` 10.11, `redis` 7.
    `mysql` is another name for `mariadb`, which is what gets installed: Debian has no MySQL, and
    MariaDB talks to the same clients but lacks some of what only MySQL 8 knows. `sqlite` is a file
    that an app writes."""
    server: KnownServer
    """The server that it lives on."""
    file: DatabaseFile | None = None
    """Where an SQLite database lies, such as `/srv/acme/main.db`. Its folder belongs to the app
    that uses it: one of its `uploads`, or one that a deploy makes."""
    url: SecretName | None = None
    """The secret with the address of one that somebody else runs, such as RDS or Cloud SQL:
    `postgresql://user:password@host:5432/name`. `server` is then the one that saves and proves it,
    over TLS. For Postgres alone."""
    settings: dict[SettingName, SettingValue] = {}
    """Settings of the database server, such as `work_mem: 32MB` for Postgres; they win over
    Seawall's, which follow from the server's memory."""
    asserts: Annotated[list[OneLine], Field(alias="assert")] = []
    """Questions in SQL that every restored copy must answer with true, such as
    `SELECT count(*) > 0 FROM users`; for Redis, commands that answer a number other than 0, such
    as `EXISTS plans`."""

    @model_validator(mode="after")
    def _fits(self) -> "Database":
        if found := list(_misfits(self)):
            raise faults(found)
        return self


def _misfits(database: Database) -> Iterator[Fault]:
    """What does not go together in one database."""
    if database.url and database.engine != "postgres":
        yield Fault("is for Postgres", "others are run on a server of yours", ("url",), shown=False)
    elif database.url and database.settings:
        hint = "whoever runs it sets it"
        yield Fault("are for a server of yours", hint, ("settings",), shown=False)
    if database.engine == "sqlite":
        if not database.file:
            yield Fault("needs the file that it is", "file: /srv/acme/main.db", (), shown=False)
        if database.settings:
            yield Fault("are for a server", "an app sets its own", ("settings",), shown=False)
    elif database.file:
        yield Fault("is for SQLite", "leave it out", ("file",), shown=False)
