"""Monitoring: what is said of a server that nobody watches, or that is watched in vain."""

import json
from typing import Any

import pytest

from seawall.config import parse
from seawall.errors import ConfigError
from seawall.features.stability.monitoring import VITAL, Monitoring, units
from seawall.features.stability.monitoring.words import NAMES
from seawall.kit.sabotage import Sabotage
from seawall.kit.trial import problems

DROP_IN = "/etc/systemd/system/seawall-monitor.service.d"
AGAIN = "systemctl daemon-reload; systemctl restart seawall-monitor"
LARGE = "/var/lib/seawall-monitor/history/ten-20200101"
DECLARED = "/etc/seawall/monitoring.json"
ANEW = (
    "touch -r /proc/self /run/asked; systemctl restart seawall-monitor; "
    "for i in $(seq 50); do [ /var/lib/seawall-monitor/judged.json -nt /run/asked ] && break; "
    "sleep 0.2; done"
)
SABOTAGES = {
    "monitoring.alive": Sabotage("systemctl --quiet disable --now seawall-monitor"),
    "monitoring.thresholds": Sabotage(
        f'cp {DECLARED} /run/declared; sed -i \'s/"rules": {{/&"oom": false/\' {DECLARED}; {ANEW}',
        heal=f"cp /run/declared {DECLARED}; {ANEW}",
    ),
    "monitoring.rights": Sabotage(
        f"mkdir -p {DROP_IN}; printf '[Service]\\nUser=root\\n' > {DROP_IN}/root.conf; {AGAIN}",
        heal=f"rm -r {DROP_IN}; {AGAIN}",
        wait=1,
    ),
    "monitoring.history": Sabotage(f"fallocate -l 51M {LARGE}", heal=f"rm {LARGE}"),
}
WELL: dict[str, Any] = {
    "there": True,
    "wrong": "",
    "user": 990,
    "age": 8.0,
    "rules": dict.fromkeys(VITAL, 1.0),
    "history_bytes": 9_000_000,
}


def asked(method: str, **seen: object) -> list[str]:
    return problems(Monitoring(), method, {"monitor": {**WELL, **seen}})


def test_a_server_that_is_watched_is_fine() -> None:
    for check in Monitoring.checks():
        assert asked(check.method) == [], check.id


def test_a_monitor_that_is_dead_or_hangs_is_found() -> None:
    dead = "seawall-monitor.service is failed"
    assert asked("alive", wrong=dead) == ["nobody watches this server"]
    assert asked("alive", age=500.0) == ["the monitor hangs"]


def test_silence_is_found() -> None:
    rules = {name: 1.0 for name in VITAL if name != "oom"}
    assert asked("thresholds", rules=rules) == ["nobody hears of oom"]
    late = {**WELL["rules"], "disk-space": 99.0}
    assert asked("thresholds", rules=late) == ["disk-space is told too late"]


def test_rights_and_size_are_found() -> None:
    assert asked("rights", user=0) == ["the monitor runs as root"]
    assert asked("history", history_bytes=60_000_000) == ["the history is too large"]


def test_numbers_reach_the_server_and_the_declared_is_no_news() -> None:
    text = """
project: acme
servers: { web1: { host: web1 } }
people: { dana: { keys: [], admin: true } }
firewall: { open: [443, "51820/udp"] }
monitoring:
  rules: { disk-space: { warning: 85, for: 5m }, oom: { for: 0 } }
  silence: [cpu]
"""
    text = text.replace("keys: []", f"keys: [{_key()}]")
    config = parse(text)
    declared = json.loads(config.of(Monitoring)._declared(config, "web1"))
    assert declared["rules"]["disk-space"] == {"warning": 85.0, "seconds": 300.0}
    assert declared["rules"]["oom"] == {"seconds": 0.0} and declared["rules"]["cpu"] is False
    assert {"tcp/22", "tcp/443", "udp/51820"} <= set(declared["ports"])
    assert declared["admins"] == ["dana"] and declared["server"] == "web1"


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("rules: { disk-spase: { warning: 1 } }", "did you mean disk-space?"),
        ("rules: { disk-space: { warning: 99 } }", "is critical at 98 and warns only above"),
        ("rules: { memory: { critical: 20 } }", "is critical at 20 and warns only below"),
        ("rules: { oom: { for: soon } }", "such as 30s, 5m or 1h"),
        ("silence: [disc]", "is not a rule"),
    ],
)
def test_what_makes_no_sense_is_said(written: str, said: str) -> None:
    with pytest.raises(ConfigError) as error:
        parse(f"project: acme\nservers: {{ web1: {{ host: web1 }} }}\nmonitoring:\n  {written}\n")
    assert said in str(error.value)


def test_every_rule_says_what_to_do() -> None:
    for rule in NAMES.values():
        assert rule.advice and rule.title.format(subject="x", value="1"), rule.name
        assert (
            rule.critical is None
            or rule.critical == rule.warning
            or ((rule.critical < rule.warning) == rule.falling)
        )


def test_the_program_of_a_unit_needs_no_shell() -> None:
    for text in (units.SERVICE, units.LOOK_SERVICE, units.CRON):
        assert text.count('"') % 2 == 0 and "%" not in text


def _key() -> str:
    from seawall.kit.trial import DANA

    return DANA
