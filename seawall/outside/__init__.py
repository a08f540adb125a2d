"""What the internet sees of a server: knocked on from this machine, not told by the server.

TCP only: a silent UDP port cannot be told from a closed one without sending its own protocol.
Nothing is changed on the server; a refused login and a few closed connections are in its log.
"""

import ipaddress
import socket
import time
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

from seawall.server import Server, greeting, refusal

DATABASES = {
    1433: "SQL Server",
    1521: "Oracle",
    3306: "MySQL",
    5432: "Postgres",
    5984: "CouchDB",
    6379: "Redis",
    7687: "Neo4j",
    8086: "InfluxDB",
    8123: "ClickHouse",
    9042: "Cassandra",
    9200: "Elasticsearch",
    9300: "Elasticsearch",
    11211: "memcached",
    27017: "MongoDB",
}
"""Ports that hold data, and often ask no password."""
REMOTE_CONTROL = {
    23: "telnet",
    111: "rpcbind",
    139: "SMB",
    445: "SMB",
    512: "rexec",
    513: "rlogin",
    514: "rsh",
    873: "rsync",
    2049: "NFS",
    2181: "ZooKeeper",
    2375: "Docker",
    2376: "Docker",
    2379: "etcd",
    2380: "etcd",
    3389: "RDP",
    4369: "Erlang's port mapper",
    5601: "Kibana",
    5672: "RabbitMQ",
    5900: "VNC",
    6000: "X11",
    9092: "Kafka",
    10250: "kubelet",
    15672: "RabbitMQ",
}
"""Ports that hand out the machine, or what runs on it."""
DANGEROUS = DATABASES | REMOTE_CONTROL
PATIENCE = 2.0
"""Seconds for a port that should answer: a lost first packet is sent again after one."""

Seen = dict[str, Any]


@dataclass(frozen=True)
class Greeted:
    """What was seen while the server was still letting us in: it had told nothing of itself."""

    port: int
    declared: Collection[int]
    hello: Seen
    refused: Seen
    ports: Seen
    """Answers over IPv4; none when nobody greeted."""
    seconds: float
    """How long to wait at a door, by how far away the server is."""


def greet(server: Server, declared: Collection[int]) -> Greeted | None:
    """See what can be seen before any facts are there; None when nothing can be seen from here.

    `declared` are the TCP ports that should answer.
    """
    if blind(server):
        return None
    with ThreadPoolExecutor(1) as pool:
        refused = pool.submit(refusal.try_password, server)
        port, began = refusal.port_of(server), time.monotonic()
        hello = greeting.read(server.address, port)
        seconds = min(max(0.4, 3 * (time.monotonic() - began)), 1.5)
        wanted = set() if "unknown" in hello else {*declared, *DANGEROUS} - {port}
        ports = _Walk(wanted, declared, seconds).over(_addresses4(server))
        return Greeted(port, declared, hello, refused.result(), ports, seconds)


def look(
    server: Server, facts: Seen, greeted: Greeted | None, received: float | None = None
) -> Seen:
    """Everything that can be seen of this server from here, with what was seen already.

    `received` is this machine's time (seconds since the epoch) when the facts arrived, the clock
    is compared with it. `notes` says in a sentence each what could not be seen although the rest
    could.
    """
    seen: Seen = {"clock_offset_s": _offset(facts, received or time.time())}
    if greeted and (greeted.port != refusal.port_of(server) or "unknown" in greeted.hello):
        greeted = greet(server, greeted.declared)
    if greeted is None:
        return seen | dict.fromkeys(("ports", "ssh", "password", "banner"), blind(server))
    refused = greeted.refused
    if "unknown" in refused["password"]:  # perhaps its host key was not known yet
        refused = refusal.try_password(server)
    ports = _ports(server, facts, greeted)
    notes = [f"ports over IPv{n}: {s['unknown']}" for n, s in ports.items() if "unknown" in s]
    return seen | {"ssh": greeted.hello, "ports": ports, "notes": notes, **refused}


def _ports(server: Server, facts: Seen, greeted: Greeted) -> Seen:
    """The doors, also those that only the server could name, over IPv4 and IPv6."""
    spoken = set() if "unknown" in greeted.hello else {greeted.port}
    wanted = {*greeted.declared, *DANGEROUS, *_listening(facts)} - spoken
    rest = {port for port in wanted if str(port) not in greeted.ports}
    with ThreadPoolExecutor(1) as pool:
        walk = _Walk(wanted, greeted.declared, greeted.seconds)
        six = pool.submit(walk.over, _addresses6(server, facts))
        four = greeted.ports | replace(walk, wanted=rest).over(_addresses4(server))
        # sshd has greeted us; it counts new connections, so its door is not knocked on again
        four.update({str(port): "open" for port in spoken if ":" not in server.address})
        return {"4": four, "6": six.result()}


def blind(server: Server) -> Seen:
    """Why this machine cannot look from outside, or nothing."""
    if server.local:
        why = "this machine cannot see itself from outside"
        return {"unknown": why, "fix": "run seawall check from another machine"}
    if server.jumps:
        why = "ssh goes through another host, so this machine sees only that one"
        return {"unknown": why, "fix": "run seawall check from a machine that reaches it directly"}
    return {}


def _offset(facts: Seen, received: float) -> Any:
    now = facts.get("clock", {}).get("now")
    if now is None:
        return {"unknown": "the server did not tell its time"}
    return round(float(now) - received, 1)


def _listening(facts: Seen) -> set[int]:
    """Ports that the server says it has open to everybody, by itself or through containers."""
    listeners = facts.get("listeners", [])
    doors = [d for d in listeners if isinstance(d, dict)] if isinstance(listeners, list) else []
    ports = {d["port"] for d in doors if d["protocol"] == "tcp" and d["reach"] != "local"}
    redirects = facts.get("firewall", {}).get("redirects", [])
    return set(sorted(ports | {r["port"] for r in redirects})[:300])


def _addresses4(server: Server) -> list[str] | Seen:
    found = resolved(server.address, socket.AF_INET)
    return found or {"unknown": f"{server.address} has no IPv4 address"}


def resolved(host: str, family: socket.AddressFamily) -> list[str]:
    """The addresses of a host in one family, none when it has none."""
    try:
        found = socket.getaddrinfo(host, None, family, socket.SOCK_STREAM)
    except OSError:
        return []
    return list(dict.fromkeys(str(each[4][0]) for each in found))


def _addresses6(server: Server, facts: Seen) -> list[str] | Seen:
    own = facts.get("system", {}).get("addresses", {}).get("6")
    if own is None:
        return {"unknown": "the server did not tell its IPv6 addresses"}
    addresses = list(
        dict.fromkeys([*resolved(server.address, socket.AF_INET6), *filter(_is6, own)])
    )
    if addresses and not _has_route(addresses[0]):
        why = f"this machine has no IPv6 way to {addresses[0]}"
        return {"unknown": why, "fix": "run seawall check from a machine with IPv6"}
    return addresses[:4]


def _is6(text: str) -> bool:
    try:
        return ipaddress.ip_address(text).version == 6
    except ValueError:
        return False


def _has_route(address: str) -> bool:
    """Ask the kernel for a way there; connecting a UDP socket sends nothing."""
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((address, 9))
        except OSError:
            return False
    return True


@dataclass(frozen=True)
class _Walk:
    """A walk along the doors of a server: which ports, which of them with patience."""

    wanted: Collection[int]
    patient: Collection[int]
    seconds: float

    def over(self, addresses: list[str] | Seen) -> Seen:
        """The best answer that any of the addresses gave for each port."""
        if isinstance(addresses, dict):
            return addresses
        pairs = [(address, port) for address in addresses for port in sorted(self.wanted)]
        with ThreadPoolExecutor(min(len(pairs), 128) or 1) as pool:
            answers = list(pool.map(self._answer, pairs))
        best: Seen = {}
        for (_, port), answer in zip(pairs, answers, strict=True):
            best[str(port)] = min(best.get(str(port), answer), answer, key=_openness)
        return best

    def _answer(self, pair: tuple[str, int]) -> str:
        answer = knock(*pair, self.seconds)
        again = answer == "filtered" and pair[1] in self.patient
        return knock(*pair, PATIENCE) if again else answer


def _openness(answer: str) -> int:
    return ("open", "closed", "filtered").index(answer)


def knock(address: str, port: int, seconds: float) -> str:
    """open, closed (it says no) or filtered (it says nothing, or forbids)."""
    try:
        socket.create_connection((address, port), seconds).close()
    except ConnectionRefusedError:
        return "closed"
    except OSError:
        return "filtered"
    return "open"
