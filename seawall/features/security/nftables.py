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

KEEP_OTHERS = "/etc/systemd/system/nftables.service.d/seawall.conf"
ONLY_OURS = """\
# Written by seawall: Debian's own line empties every table when this unit stops or restarts, also
# those of Docker and podman, whose containers nobody reaches any more until they are restarted.
[Service]
ExecStop=
ExecStop=-/usr/sbin/nft delete table inet seawall
"""
AT_BOOT = "/etc/init.d/seawall-firewall"
"""Debian's nftables has a unit and no init script."""
LOADER = """\
#!/bin/sh
### BEGIN INIT INFO
# Provides:          seawall-firewall
# Required-Start:    mountkernfs $local_fs
# Required-Stop:
# Should-Start:      kmod procps
# X-Start-Before:    networking
# Default-Start:     S
# Default-Stop:
# Short-Description: Load the packet filter before the network
### END INIT INFO
# Written by seawall.
PATH=/usr/sbin:/usr/bin:/sbin:/bin
case "$1" in
start | reload | restart | force-reload) nft -f /etc/nftables.conf ;;
stop) nft delete table inet seawall 2>/dev/null || true ;;
status) nft list table inet seawall >/dev/null 2>&1 || exit 3 ;;
*) echo "usage: $0 {start|stop|reload|restart|force-reload|status}" >&2; exit 2 ;;
esac
"""


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
