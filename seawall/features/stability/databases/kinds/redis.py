"""Redis from the distribution, on loopback, behind a password, and kept on disk."""

from collections.abc import Iterator, Mapping
from typing import ClassVar
from urllib.parse import quote

from seawall.agent.steps import Packages, RedisServer, Step, Unit
from seawall.features.stability.databases.database import Database
from seawall.kit import Dataset, Finding, Look

PORT = 6379


class Redis:
    """One server, with everything that is in it; there is one of them on each machine."""

    probe: ClassVar[str] = "redis"
    unit: ClassVar[str] = "redis-server.service"

    def steps(self, here: Mapping[str, Database], passwords: Mapping[str, str]) -> Iterator[Step]:
        yield Packages(("redis-server",))
        for name, each in here.items():
            yield RedisServer(tuple(sorted(each.settings.items())), passwords[name])
        yield Unit("redis-server", without_systemd="redis-server")

    def dataset(self, name: str, database: Database) -> Dataset:
        return Dataset(name, "redis", {}, tuple(database.asserts))

    def address(self, name: str, password: str) -> str:
        return f"redis://:{quote(password, safe='')}@127.0.0.1:{PORT}/0"

    def closed(self, look: Look) -> Iterator[Finding]:
        """Those that answer whoever asks."""
        for each in look.fact(self.probe)["open"]:
            near = each["reach"] == "local"
            fix = f"requirepass in /etc/redis/redis.conf, and {look.apply_or('restart Redis')}"
            told = f"{each['address']} port {each['port']} answers whoever asks"
            yield Finding("Redis has no password", told, fix, "should" if near else "must")

    def ordinary(self, look: Look) -> Iterator[Finding]:
        """Redis has no administrators besides whoever knows its password."""
        yield from ()

    def exact(self, look: Look) -> Iterator[Finding]:
        """A copy holds everything."""
        yield from ()
