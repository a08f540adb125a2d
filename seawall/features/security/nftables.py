"""The packet filter's rules as text, as `nft -f` reads them (man nft).

Numbers stand where names would need /etc/protocols, which a minimal Debian lacks. One table of
our own: other tables, such as a container runtime's, stay. A packet that any base chain drops is
dropped, so nothing that another table accepts gets around ours.
"""

import ipaddress
from collections.abc import Iterable, Iterator

from seawall.kit import Port

HEAD = """\
#!/usr/sbin/nft -f
# Written by seawall from seawall.yml; changes here are found and undone.
table inet seawall
delete table inet seawall
"""

TABLE = """\
table inet seawall {{
  # Who knocks at ssh too often: more than one new connection a second, after a burst of twenty.
  set knocks4 {{ type ipv4_addr; size 65535; flags dynamic,timeout; timeout 1m; }}
  set knocks6 {{ type ipv6_addr; size 65535; flags dynamic,timeout; timeout 1m; }}

  chain input {{
    type filter hook input priority filter; policy drop;
    ct state vmap {{ established : accept, related : accept, invalid : drop }}
    iif lo accept
    icmp type {{ destination-unreachable, time-exceeded, parameter-problem }} accept
    icmpv6 type {{ destination-unreachable, packet-too-big, time-exceeded }} accept
    icmpv6 type {{ parameter-problem, mld-listener-query, mld-listener-report }} accept
    ip6 hoplimit 255 icmpv6 type {{ nd-router-advert, nd-neighbor-solicit }} accept
    ip6 hoplimit 255 icmpv6 type nd-neighbor-advert accept
    icmp type echo-request limit rate 20/second accept
    icmpv6 type echo-request limit rate 20/second accept
    udp sport 67 udp dport 68 accept
    ip6 saddr fe80::/10 udp dport 546 accept
{names}
{input}
  }}

  # What a container runtime publishes arrives here, not in input.
  chain forward {{
    type filter hook forward priority filter - 5; policy drop;
    ct state vmap {{ established : accept, related : accept, invalid : drop }}
{bridges}
{forward}
  }}
}}
"""
KNOCKS = """\
tcp dport {port} ct state new \
update @knocks{version} {{ {family} saddr limit rate over 60/minute burst 20 packets }} drop"""
FAMILIES = {4: "ip", 6: "ip6"}
BRIDGES = ("docker*", "br-*", "podman*", "cni*", "lxc*", "lxd*", "virbr*")
"""Interfaces of container runtimes. One rule each: `nft -j` 1.0.6 dies of a set of patterns."""

ASKED_BY_CONTAINERS = ("udp dport { 53, 67 } accept", "tcp dport 53 accept")
"""Names and addresses, which podman, LXD and libvirt give out on the server's end of a bridge."""


def rules(ports: Iterable[Port], ssh_port: int) -> str:
    """The whole file: everything closed but these ports."""
    declared = list(ports)
    knocks = [
        KNOCKS.format(port=ssh_port, version=version, family=family)
        for version, family in FAMILIES.items()
    ]
    bridges = [f'iifname "{name}" accept' for name in BRIDGES]
    names = [f'iifname "{name}" {ask}' for name in BRIDGES for ask in ASKED_BY_CONTAINERS]
    opened = [line for port in declared for line in _accept(port, "{0.protocol} dport {0.number}")]
    published = "meta l4proto {0.protocol} ct status dnat ct original proto-dst {0.number}"
    forwarded = [line for port in declared for line in _accept(port, published)]
    return HEAD + TABLE.format(
        input=_indented(knocks + opened),
        names=_indented(names),
        bridges=_indented(bridges),
        forward=_indented(forwarded),
    )


def _accept(port: Port, match: str) -> Iterator[str]:
    rule = match.format(port)
    if not port.sources:
        yield f"{rule} accept{_comment(port)}"
    for version, family in FAMILIES.items():
        networks = [each for each in port.sources if _version(each) == version]
        if networks:
            yield f"{family} saddr {{ {', '.join(networks)} }} {rule} accept{_comment(port)}"


def _version(network: str) -> int:
    return ipaddress.ip_network(network, strict=False).version


def _comment(port: Port) -> str:
    return f' comment "{port.why}"' if port.why else ""


def _indented(lines: list[str]) -> str:
    return "\n".join(f"    {line}" for line in lines)
