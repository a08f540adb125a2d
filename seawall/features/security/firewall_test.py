"""Firewall: what answers, what would, and what is declared."""

import pytest

from seawall.features.security.firewall import Firewall
from seawall.features.security.ssh import Ssh
from seawall.kit import Port, Unknown
from seawall.kit.sabotage import STOP, Sabotage, listener
from seawall.kit.trial import Described, door, problems

OPEN_INPUT = "nft chain inet seawall input '{ policy accept; }'"
HIDDEN = "nft add table inet sabotage; nft add chain inet sabotage input"
REDIRECT = "nft add table ip sabotage; nft add chain ip sabotage pre"
SABOTAGES = {
    "firewall.closed-by-default": Sabotage(OPEN_INPUT),
    "firewall.closed-on-ipv6": Sabotage(OPEN_INPUT),
    "firewall.only-declared-ports": Sabotage(
        f"{listener(8099)}; nft insert rule inet seawall input tcp dport 8099 accept", tidy=STOP
    ),
    "firewall.declared-ports-pass": Sabotage(
        f"{listener(443)}; {HIDDEN} '{{ type filter hook input priority -10; }}';"
        " nft add rule inet sabotage input tcp dport 443 drop",
        heal="nft delete table inet sabotage",
        tidy=STOP,
    ),
    "firewall.survives-reboot": Sabotage("systemctl --quiet disable nftables"),
    "firewall.containers-behind-it": Sabotage(
        f"{REDIRECT} '{{ type nat hook prerouting priority -100; }}';"
        " nft add rule ip sabotage pre tcp dport 5433 dnat to 10.88.0.5:5432;"
        " nft chain inet seawall forward '{ policy accept; }'",
        tidy="nft delete table ip sabotage",
    ),
    "firewall.listeners-are-declared": Sabotage(listener(8099), heal=STOP),
}
CLOSED = {"table": "inet seawall", "families": [4, 6], "name": "input", "hook": "input"}
CLOSED = {**CLOSED, "policy": "drop"}
FORWARD = {**CLOSED, "name": "forward", "hook": "forward"}
LOADER = {"unit": "nftables.service", "boot": "enabled", "now": "active"}
FIREWALL = {"chains": [CLOSED, FORWARD], "loaders": [LOADER], "redirects": []}
CONFIG = Described(Firewall(), Ssh(), ports=(Port(22), Port(443)))


def asked(method: str, *, ports: dict[str, str] | None = None, **facts: object) -> list[str]:
    told = {
        "firewall": {**FIREWALL, **dict(facts.pop("firewall", {}))},  # type: ignore[call-overload]
        "listeners": [door(22, "sshd"), door(443, "caddy")],
        "containers": {"running": []},
        "system": {"addresses": {"6": ["2001:db8::1"]}},
        **facts,
    }
    outside = {"ports": {"4": {"22": "open", "443": "open", **(ports or {})}, "6": {}}}
    return problems(Firewall(), method, told, outside=outside, config=CONFIG)


def test_a_closed_server_is_fine() -> None:
    for check in Firewall.checks():
        assert asked(check.method) == [], check.id


def test_open_by_default_is_found_for_each_family() -> None:
    four = {"chains": [{**CLOSED, "families": [4]}]}
    assert asked("closed_by_default", firewall=four) == []
    assert asked("closed_on_ipv6", firewall=four) == ["nothing filters what comes in over IPv6"]
    assert asked("closed_by_default", firewall={"chains": []}) == [
        "nothing filters what comes in over IPv4"
    ]


def test_an_undeclared_port_that_answers_is_found() -> None:
    assert asked("only_declared_ports", ports={"8099": "open"}) == [
        "port 8099 answers the internet"
    ]
    assert asked("only_declared_ports", ports={"8099": "filtered"}) == []


def test_a_declared_port_that_is_filtered_is_found() -> None:
    assert asked("declared_ports_pass", ports={"443": "filtered"}) == [
        "port 443 is declared and does not answer"
    ]


def test_rules_that_nobody_loads_at_boot_are_found() -> None:
    lost = {"loaders": [{**LOADER, "boot": "disabled"}]}
    assert asked("survives_reboot", firewall=lost) == ["the firewall is gone after a reboot"]


def test_published_ports_need_a_filter_that_is_not_dockers() -> None:
    redirects = {"redirects": [{"table": "ip nat", "port": 5432, "to": "172.17.0.2:5432"}]}
    assert asked("containers_behind_it", firewall=redirects) == []
    docker = {**FORWARD, "table": "ip filter", "name": "FORWARD"}
    open_ = {**redirects, "chains": [CLOSED, docker]}
    assert asked("containers_behind_it", firewall=open_) == [
        "port 5432 is published past the firewall"
    ]


def test_a_hidden_listener_is_found_once() -> None:
    twice = [door(8099), door(8099, family=6, address="::")]
    assert asked("listeners_are_declared", listeners=twice) == ["app listens to the whole world"]
    local = [door(8099, reach="local"), door(40000, protocol="udp")]
    assert asked("listeners_are_declared", listeners=local) == []


def test_nothing_seen_from_outside_is_unknown_and_not_fine() -> None:
    blind = {"4": {"unknown": "no way there"}, "6": {}}
    with pytest.raises(Unknown):
        problems(Firewall(), "only_declared_ports", {}, outside={"ports": blind}, config=CONFIG)
