"""Every port closed, except the declared ones.

A database that answers the internet is found by robots within hours. Seawall opens what other
sections of seawall.yml need and what `firewall.open` lists, and drops everything else, on IPv4
and IPv6, also for ports that a container runtime publishes behind the firewall's back.
"""

import re
from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator

from seawall.agent.steps import File, Nft, Packages, Step, Unit
from seawall.features.security import doors
from seawall.features.security.nftables import AT_BOOT, KEEP_OTHERS, LOADER, ONLY_OURS, rules
from seawall.kit import Feature, Finding, Look, Port, Room, Section, Severity, check
from seawall.kit.fields import Fault, KnownServer, Network, PortNumber, everywhere, faults, wrong
from seawall.outside import DANGEROUS

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
        yield File(KEEP_OTHERS, ONLY_OURS, guarded=True)
        yield File(AT_BOOT, LOADER, mode="0755")
        yield Unit("nftables", guarded=True, without_systemd="seawall-firewall")

    @check("Everything is closed that nobody opened", needs=("firewall",))
    def closed_by_default(self, look: Look) -> Iterator[Finding]:
        """Without a packet filter, every program that starts listening, a debug server, a
        database after an update, is on the internet that very second. With one, nothing is
        reached that nobody asked for.
        """
        yield from _open_by_default(look, 4)

    @check("IPv6 is closed as well", needs=("firewall", "system"))
    def closed_on_ipv6(self, look: Look) -> Iterator[Finding]:
        """Many rules are written for IPv4 only, and the same database is wide open under the
        server's second address. Robots read IPv6 addresses from certificates and DNS.
        """
        if look.fact("system")["addresses"]["6"]:
            yield from _open_by_default(look, 6)

    @check("Only declared ports answer", needs=("listeners", "system", "firewall"))
    def only_declared_ports(self, look: Look) -> Iterator[Finding]:
        """What answers from outside is what an attacker sees: each port is a program with its
        own holes. This is tried from your machine, on IPv4 and IPv6, whatever the firewall's
        own files say.
        """
        declared = doors.declared(look)
        for family, port in doors.open_ports(look):
            if port not in declared and port not in DANGEROUS:
                severity: Severity = "must" if look.described else "should"
                who = doors.who(look, port)
                fix = doors.closing(look, port)
                problem = f"port {port}{who} answers the internet"
                yield Finding(problem, f"connected from here over IPv{family}", fix, severity)

    @check(
        "Declared ports are not in the firewall's way", needs=("listeners", "system", "firewall")
    )
    def declared_ports_pass(self, look: Look) -> Iterator[Finding]:
        """The opposite mistake: the app runs, and the firewall keeps your customers out. A port
        that seawall.yml declares and that a program listens on has to answer.
        """
        if not look.described:
            return
        listening = {d["port"] for d in look.fact("listeners") if d["reach"] == "everywhere"}
        for port in look.config.ports(look.server):
            answer = look.seen_outside("ports")["4"].get(str(port.number), "")
            expected = port.protocol == "tcp" and not port.sources and port.number in listening
            if expected and answer == "filtered":
                seen = f"{port.number}/tcp gave no answer in 2 s; a program listens on it"
                fix = "nft list ruleset, and look for a rule that Seawall did not write"
                yield Finding(f"port {port.number} is declared and does not answer", seen, fix)

    @check("The firewall comes back after a reboot", needs=("firewall",))
    def survives_reboot(self, look: Look) -> Iterator[Finding]:
        """Rules that were loaded by hand are gone after the next reboot, often months later and
        at night, and nobody sees that the server is open.
        """
        loaders = look.fact("firewall")["loaders"]
        filters = any(chain["policy"] == "drop" for chain in look.fact("firewall")["chains"])
        boots = [each for each in loaders if each["boot"] in ("enabled", "static", "generated")]
        if filters and not boots:
            seen = ", ".join(f"{each['unit']} {each['boot']}" for each in loaders) or "no unit"
            fix = look.apply_or("nft list ruleset > /etc/nftables.conf; systemctl enable nftables")
            yield Finding("the firewall is gone after a reboot", seen, fix)

    @check("Containers publish nothing past the firewall", needs=("firewall", "containers"))
    def containers_behind_it(self, look: Look) -> Iterator[Finding]:
        """Docker writes its own rules in front of yours: `-p 5432:5432` puts a database on the
        internet although the firewall says closed. Only a filter on forwarded packets stops it.
        """
        declared = doors.declared(look)
        published = {
            *map(doors.published_port, look.fact("firewall")["redirects"]),
            *doors.published(look),
        }
        guarded = any(doors.guards_forwarding(chain) for chain in look.fact("firewall")["chains"])
        for port in sorted(published - declared):
            if not guarded:
                seen = f"address translation sends port {port} past the input rules"
                fix = look.apply_or(
                    f"publish it as 127.0.0.1:{port}:… and start the container again"
                )
                yield Finding(f"port {port} is published past the firewall", seen, fix)

    @check(
        "Programs listen to the world only where declared", severity="should", needs=("listeners",)
    )
    def listeners_are_declared(self, look: Look) -> Iterator[Finding]:
        """The firewall hides it today. The day somebody turns the firewall off to find an
        error, everything that listens on all addresses is out. What only this server needs
        belongs on 127.0.0.1.
        """
        declared = doors.declared(look) | doors.QUIET | set(DANGEROUS)
        seen: set[int] = set()
        for door in look.fact("listeners"):
            port, local = door["port"], door["reach"] != "everywhere"
            if local or port in declared or port in seen or doors.is_answer(door):
                continue
            seen.add(port)
            where = f"{door['address']} port {port}/{door['protocol']}, {door['unit'] or 'no unit'}"
            fix = f"let {door['process'] or 'it'} listen on 127.0.0.1"
            if look.described:
                fix += f", or declare it: firewall: {{ open: [{port}] }}"
            problem = f"{door['process'] or 'a program'} listens to the whole world"
            yield Finding(problem, where, fix)


def _opened_twice(ports: list[OpenPort]) -> Iterator[Fault]:
    for index, port in enumerate(ports):
        if any(port.overlaps(earlier) for earlier in ports[:index]):
            problem = f"{port.port}/{port.protocol} is already open"
            yield Fault(problem, "keep one of them", (index,), shown=False)


def _open_by_default(look: Look, family: int) -> Iterator[Finding]:
    chains = look.fact("firewall")["chains"]
    own = [chain for chain in chains if chain["hook"] == "input" and family in chain["families"]]
    if any(chain["policy"] == "drop" for chain in own):
        return
    seen = f"{own[0]['table']} {own[0]['name']}: policy accept" if own else "no rules at all"
    ssh = look.config.section("ssh").port
    rules = f"ufw allow {ssh}/tcp && ufw allow 80/tcp && ufw allow 443/tcp && ufw --force enable"
    fix = look.apply_or(f"apt-get install -y ufw && {rules}")
    yield Finding(f"nothing filters what comes in over IPv{family}", seen, fix)
