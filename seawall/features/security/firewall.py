"""Every port closed, except the declared ones.

A database that answers the internet is found by robots within hours. Seawall opens what other
sections of seawall.yml need and what `firewall.open` lists, and drops everything else, on IPv4
and IPv6, also for ports that a container runtime publishes behind the firewall's back.
"""

import re
from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator

from seawall.agent.steps import Nft, Packages, Step, Unit
from seawall.features.security.nftables import rules
from seawall.kit import Feature, Port, Room, Section
from seawall.kit.fields import Fault, KnownServer, Network, PortNumber, everywhere, faults, wrong

DATA_PORTS = {
    1433: "SQL Server",
    2375: "Docker",
    2379: "etcd",
    3306: "MySQL",
    5432: "Postgres",
    5984: "CouchDB",
    6379: "Redis",
    9042: "Cassandra",
    9200: "Elasticsearch",
    11211: "memcached",
    27017: "MongoDB",
}
"""Ports behind which everything of value lies, most of it without a password by default."""


class OpenPort(Section):
    """A port to open, and for whom."""

    port: PortNumber
    """The port's number."""
    protocol: Literal["tcp", "udp"] = "tcp"
    """tcp or udp."""
    sources: Annotated[list[Network], Field(alias="from")] = []
    """Networks that may reach it; everywhere when empty."""
    servers: list[KnownServer] = []
    """Only on these servers; on all when empty."""

    @model_validator(mode="after")
    def _no_database_for_everybody(self) -> "OpenPort":
        if self.port in DATA_PORTS and everywhere(self.sources):
            problem = f"{self.port} is {DATA_PORTS[self.port]}, and would be open to everybody"
            hint = f"name who may reach it: {{ port: {self.port}, from: [10.0.0.0/8] }}"
            raise wrong(problem, hint, shown=False)
        return self

    def overlaps(self, other: "OpenPort") -> bool:
        """True when both open the same port on the same server."""
        same = (self.port, self.protocol) == (other.port, other.protocol)
        shared = not self.servers or not other.servers or {*self.servers} & {*other.servers}
        return same and bool(shared)


def _in_full(value: Any) -> Any:
    """`443` and `51820/udp` as the mapping they stand for."""
    if isinstance(value, dict | OpenPort):
        return value
    if not isinstance(value, str):
        return {"port": value}
    if short := re.fullmatch(r"([0-9]{1,5})(?:/(tcp|udp))?", value):
        return {"port": int(short[1]), "protocol": short[2] or "tcp"}
    ranged = re.fullmatch(r"[0-9]+[-:][0-9]+(/[a-z]+)?", value)
    hint = "list each port on its own" if ranged else ""
    raise wrong("should be a port, such as 443 or 51820/udp", hint)


_SHORT = PortNumber | Annotated[str, Field(pattern="^[0-9]{1,5}(/(tcp|udp))?$")] | OpenPort
Opening = Annotated[OpenPort, BeforeValidator(_in_full, json_schema_input_type=_SHORT)]


class Firewall(Feature):
    section: ClassVar[str] = "firewall"
    room: ClassVar[Room] = "security"

    open: list[Opening] = []
    """Ports to open besides those that other sections need: `443`, `51820/udp`, or a mapping
    with `port`, `protocol`, `from`, `servers`."""

    @field_validator("open")
    @classmethod
    def _each_port_once(cls, value: list[OpenPort]) -> list[OpenPort]:
        if found := list(_opened_twice(value)):
            raise faults(found)
        return value

    def ports(self, config: Any, server: str) -> Iterator[Port]:
        for opening in self.open:
            if not opening.servers or server in opening.servers:
                sources = tuple(map(str, opening.sources))
                yield Port(opening.port, opening.protocol, "firewall.open", sources)

    def steps(self, config: Any, server: str) -> Iterator[Step]:
        text = rules(config.ports(server), config.section("ssh").port)
        validate = ("nft", "-c", "-f", "{}")
        yield Packages(("nftables",))
        yield Nft("/etc/nftables.conf", text, mode="0755", validate=validate, guarded=True)
        yield Unit("nftables", guarded=True)


def _opened_twice(ports: list[OpenPort]) -> Iterator[Fault]:
    for index, port in enumerate(ports):
        if any(port.overlaps(earlier) for earlier in ports[:index]):
            problem = f"{port.port}/{port.protocol} is already open"
            yield Fault(problem, "keep one of them", (index,), shown=False)
