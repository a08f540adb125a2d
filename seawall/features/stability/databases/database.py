"""One database as seawall.yml declares it."""

from typing import Annotated, Literal

from pydantic import Field

from seawall.features.stability.databases.words import SettingName, SettingValue
from seawall.kit import Section
from seawall.kit.fields import KnownServer, OneLine


class Database(Section):
    """One database, and the server that it lives on."""

    engine: Literal["postgres"]
    """`postgres` is the version of the server's distribution: 15 on Debian 12, 17 on Debian 13."""
    server: KnownServer
    """The server that it lives on."""
    settings: dict[SettingName, SettingValue] = {}
    """Settings of the database server, such as `work_mem: 32MB`; they win over Seawall's, which
    follow from the server's memory."""
    asserts: Annotated[list[OneLine], Field(alias="assert")] = []
    """Questions in SQL that every restored copy must answer with true, such as
    `SELECT count(*) > 0 FROM users`."""
