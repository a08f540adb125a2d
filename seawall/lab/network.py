"""Each server's own cable: a free private subnet, an IPv6 network and a way out.

A subnet counts as taken when one of this machine's routes or resolvers lies in it, or when
another lab reserved it. Interfaces are called `sw-A-B` for 10.A.B.0/24. Every rule added to this
machine's firewall is remembered as the command that takes exactly it away. IPv4 forwarding is
switched on and left on: others may have come to rely on it.
"""

import shutil
import subprocess
import zlib
from collections.abc import Iterator
from ipaddress import IPv4Network
from pathlib import Path

from seawall.errors import SeawallError

from . import record

RESERVED = Path("/run/seawall-lab")
FORWARDING = Path("/proc/sys/net/ipv4/ip_forward")
RESOLVED = Path("/run/systemd/resolve/resolv.conf")

Rules = tuple[tuple[str, ...], ...]


def reserve(name: str) -> str:
    """Pick a free subnet and keep others off it; returns the interface name."""
    RESERVED.mkdir(mode=0o700, exist_ok=True)
    taken = _taken()
    for subnet in _candidates():
        if not any(subnet.overlaps(other) for other in taken):
            interface = interface_of(subnet)
            if claim(interface, name):
                return interface
    raise SeawallError("lab: no free private subnet on this machine", "seawall lab down --all")


def claim(interface: str, name: str) -> bool:
    """Reserve an interface name on this machine; false when another server has it."""
    RESERVED.mkdir(mode=0o700, exist_ok=True)
    owner = str(record.folder_of(name))
    try:
        with (RESERVED / interface).open("x") as file:
            file.write(owner)
    except FileExistsError:
        return (RESERVED / interface).read_text() == owner
    return True


def release(interface: str) -> None:
    (RESERVED / interface).unlink(missing_ok=True)


def interface_of(subnet: IPv4Network) -> str:
    _, second, third, _ = subnet.network_address.packed
    return f"sw-{second}-{third}"


def subnet_of(interface: str) -> IPv4Network:
    _, second, third = interface.split("-")
    return IPv4Network(f"10.{second}.{third}.0/24")


def prefix6_of(interface: str) -> str:
    _, second, third = interface.split("-")
    return f"fd5e:a11:{int(second):x}{int(third):02x}:"


def resolvers() -> str:
    """A resolv.conf a guest can use: this machine's, without stubs on loopback."""
    source = RESOLVED if RESOLVED.exists() else Path("/etc/resolv.conf")
    lines = source.read_text().splitlines()
    kept = [line for line in lines if line.startswith("nameserver") and " 127." not in line]
    return "".join(f"{line}\n" for line in kept)


def way_out(interface: str) -> tuple[Rules, Rules]:
    """The firewall commands that let a server reach the world, and those that undo them."""
    make = _by_iptables if shutil.which("iptables") else _by_nft
    return make(interface)


def open_way_out(rules: Rules) -> None:
    if FORWARDING.read_text().strip() != "1":
        FORWARDING.write_text("1\n")
    for rule in rules:
        subprocess.run(rule, check=True, capture_output=True)


def close_way_out(undo: Rules) -> None:
    """Take the rules away; one that somebody else removed already is fine."""
    for rule in undo:
        subprocess.run(rule, check=False, capture_output=True)


def _by_iptables(interface: str) -> tuple[Rules, Rules]:
    subnet = str(subnet_of(interface))
    nat = ("-t", "nat"), ("POSTROUTING", "-s", subnet, "!", "-o", "sw-+", "-j", "MASQUERADE")
    out = (), ("FORWARD", "-i", interface, "-j", "ACCEPT")
    back = (), ("FORWARD", "-o", interface, "-j", "ACCEPT")
    pairs = (nat, out, back)
    return (
        tuple(("iptables", "-w", *table, "-I", *rule) for table, rule in pairs),
        tuple(("iptables", "-w", *table, "-D", *rule) for table, rule in pairs),
    )


def _by_nft(interface: str) -> tuple[Rules, Rules]:
    table = f"ip seawall_lab_{interface.replace('-', '_')}"
    text = (
        f"table {table} {{ chain out {{ type nat hook postrouting priority srcnat;"
        f' ip saddr {subnet_of(interface)} oifname != "sw-*" masquerade; }};'
        f" chain through {{ type filter hook forward priority filter;"
        f' iifname "{interface}" accept; oifname "{interface}" accept; }}; }}'
    )
    return (("nft", text),), (("nft", "delete", "table", *table.split()),)


def _candidates() -> Iterator[IPv4Network]:
    start = zlib.crc32(bytes(record.home()))
    for second in (211, 87, 143, 19, 231):
        for step in range(254):
            yield IPv4Network(f"10.{second}.{1 + (start + step) % 254}.0/24")


def _taken() -> list[IPv4Network]:
    told = subprocess.run(
        ["ip", "-4", "route", "show", "table", "all"], capture_output=True, text=True, check=True
    )
    words = {word for line in told.stdout.splitlines() for word in line.split()[:3]}
    words |= set(resolvers().split())
    return [network for word in words if (network := _network(word))]


def _network(word: str) -> IPv4Network | None:
    try:
        network = IPv4Network(word, strict=False)
    except ValueError:
        return None
    return network if network.prefixlen else None
