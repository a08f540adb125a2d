"""The doors of a server, as several checks look at them: from outside, and past the firewall."""

from collections.abc import Iterator
from typing import Any

from seawall.kit import Look, Unknown

ORDINARY = {22, 80, 443}
"""What a server without a seawall.yml may answer on."""
QUIET = {68, 123, 323, 546, 5353, 5355}
"""Ports of the system's own clients: addresses, clock, names."""


def declared(look: Look) -> set[int]:
    """Port numbers that may answer."""
    declared = {port.number for port in look.config.ports(look.server)}
    if look.described:
        return declared
    address = look.config.servers[look.server].address
    return declared | ORDINARY | {getattr(address, "port", None) or 22} | _sshd(look)


def _sshd(look: Look) -> set[int]:
    doors = look.facts.get("listeners", [])
    return {d["port"] for d in doors if isinstance(d, dict) and d["process"] == "sshd"}


def open_ports(look: Look) -> Iterator[tuple[str, int]]:
    """Every port that answered from outside, once; Unknown when neither family could be seen."""
    ports, told = look.seen_outside("ports"), set()
    if not any(answers and "unknown" not in answers for answers in ports.values()):
        raise Unknown(str(ports["4"].get("unknown", "nothing seen")), ports["4"].get("fix", ""))
    for family, answers in ports.items():
        for port, answer in answers.items():
            if answer == "open" and port not in told:
                told.add(port)
                yield family, int(port)


def who(look: Look, port: int) -> str:
    """Which program has this port, as the server says it."""
    doors = look.facts.get("listeners", [])
    names = [d["process"] for d in doors if isinstance(d, dict) and d["port"] == port]
    return f" ({names[0]})" if names and names[0] else ""


def closing(look: Look, port: int) -> str:
    """How to close a port that answers: the firewall does not stop what Docker publishes."""
    if who(look, port) == " (docker-proxy)":
        return f"publish it as 127.0.0.1:{port}:… and make the container again"
    return look.apply_or(f"ufw deny {port}/tcp, and let it listen on 127.0.0.1")


def published_port(redirect: Any) -> int:
    """The port that address translation takes."""
    return int(redirect["port"])


def published(look: Look) -> Iterator[int]:
    """Ports that containers publish on every address."""
    for container in look.fact("containers")["running"]:
        for door in container["published"]:
            if not door["address"].startswith(("127.", "::1")):
                yield int(door["port"])


def guards_forwarding(chain: Any) -> bool:
    """A forward chain that drops by default, and is not the container runtime's own."""
    own = chain["table"] in ("ip filter", "ip6 filter", "iptables 4", "iptables 6")
    return bool(chain["hook"] == "forward" and chain["policy"] == "drop" and not own)


def is_answer(door: Any) -> bool:
    """A UDP client that waits for its answer looks like a server; it has a high port."""
    return bool(door["protocol"] == "udp" and door["port"] >= 32768)
