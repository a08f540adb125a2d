"""What turns the checks of alerts red, and what they say to facts."""

from typing import Any

import pytest

from seawall.config import parse
from seawall.errors import ConfigError
from seawall.features.stability.alerts import Alerts
from seawall.kit.sabotage import Sabotage
from seawall.kit.trial import findings, problems

JOURNEY = "tests/journeys/test_alerts.py"
TOLD = "/etc/seawall/alerts.json"
STATE = "/var/lib/seawall-monitor/telling"
TURN = "systemctl start seawall-tell.service"
NOBODY = f"""python3 - <<'END'
import json
d = json.load(open('{TOLD}'))
d['channels'] = []
json.dump(d, open('{TOLD}', 'w'))
END"""
SABOTAGES = {
    "alerts.told": Sabotage(NOBODY, journey=JOURNEY),
    "alerts.delivered": Sabotage(
        "systemctl disable --now --quiet seawall-tell.timer", journey=JOURNEY
    ),
    "alerts.proven": Sabotage(
        f"rm {STATE}/channels.json", heal="seawall alerts test teller", journey=JOURNEY
    ),
    "alerts.outside": Sabotage(
        f"sed -i 's/:[0-9]*\\/beat/:9\\/beat/' {TOLD}; {TURN}",
        heal="apply",
        tidy=TURN,
        journey=JOURNEY,
    ),
    "alerts.watched": Sabotage(
        f"ip route add prohibit 10.0.0.0/8 metric 1; rm {STATE}/peers.json; {TURN}",
        heal=f"ip route del prohibit 10.0.0.0/8 metric 1; rm {STATE}/peers.json; {TURN}",
        journey=JOURNEY,
    ),
}
NOW = 1_764_000_000.0
CHANNEL: dict[str, Any] = {
    "failing": None,
    "error": "",
    "missing": [],
    "proven": {"at": NOW - 60, "said": "250"},
}
WELL: dict[str, Any] = {
    "now": NOW,
    "declared": True,
    "schedule": "",
    "channels": {"email": CHANNEL},
    "waiting": 0,
    "oldest": 0.0,
    "heartbeat": {"every": 300, "at": NOW - 200, "error": ""},
    "peers": {"web2": {"seen": NOW - 30, "error": ""}},
}


def asked(method: str, **seen: object) -> list[str]:
    return problems(Alerts(), method, {"alerts": {**WELL, **seen}})


def test_a_server_that_tells_is_fine() -> None:
    for check in Alerts.checks():
        assert asked(check.method) == [], check.id


def test_nobody_to_tell_is_found_where_somebody_could_be_declared() -> None:
    assert asked("told", channels={}) == ["nobody would hear of anything"]
    facts = {"alerts": {**WELL, "channels": {}, "declared": False}}
    for check in Alerts.checks():
        assert problems(Alerts(), check.method, facts, described=False) == []


@pytest.mark.parametrize(
    ("seen", "problem"),
    [
        ({"schedule": "not running: seawall-tell.timer"}, "alerts are not sent"),
        ({"waiting": 3, "oldest": 1000.0}, "messages are late"),
        (
            {"channels": {"email": {**CHANNEL, "failing": NOW - 600, "error": "SMTP 535"}}},
            "alerts do not get through by email",
        ),
        (
            {"channels": {"slack": {**CHANNEL, "missing": ["url"]}}},
            "slack has no way to send",
        ),
    ],
)
def test_what_does_not_get_through_is_found(seen: dict[str, Any], problem: str) -> None:
    assert asked("delivered", **seen) == [problem]


def test_a_proof_lasts_thirty_days_and_a_failed_test_is_none() -> None:
    for at, problem in (
        (NOW - 31 * 86400, "email was not proven"),
        (0, "the last test by email failed"),
    ):
        channel = {**CHANNEL, "proven": {"at": at, "said": "SMTP 550"}}
        assert asked("proven", channels={"email": channel}) == [problem]
    assert asked("proven", channels={"email": {**CHANNEL, "proven": None}}) == [
        "email was not proven"
    ]


def test_a_heartbeat_that_is_not_heard_must_be_put_right() -> None:
    for beat in (
        {"every": 300, "at": NOW - 1000, "error": ""},
        {"every": 300, "at": None, "error": ""},
    ):
        facts = {"alerts": {**WELL, "heartbeat": beat}}
        [found] = findings(Alerts(), "outside", facts)
        assert found.severity == "must"
    assert asked("outside", heartbeat={}, peers={}) == ["nobody would notice if it died"]
    assert asked("outside", heartbeat={}) == []  # its peers do


def test_a_peer_that_was_never_seen_is_found() -> None:
    assert asked("watched", peers={"web2": {"seen": None}}) == ["web1 cannot watch web2"]


FILE = "project: acme\nservers: {{ web1: {{ host: web1 }} }}\nalerts: {{ {} }}\n"


def test_each_channel_has_a_name_of_its_own_and_no_secret_in_the_open() -> None:
    two = "slack: [{ url: A }, { url: B, severity: critical }], telegram: { chat: -100 }"
    config = parse(FILE.format(two))
    assert [way.name for way in config.of(Alerts).ways] == ["slack", "slack2", "telegram"]
    assert {use.name for use in config.uses()} == {"A", "B", "TELEGRAM_TOKEN"}


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ('email: { to: ops, smtp: "smtp://h" }', "alerts.email.to: should be an e-mail address"),
        ('email: { to: a@b.c, smtp: "smtp://u:p@h" }', "alerts.email.smtp: holds a password"),
        ('email: { to: a@b.c, smtp: "h" }', "should be a mail server"),
        ('slack: { url: "https://hooks.example/x" }', "is not a name for a secret"),
        ("slack: [{ url: A }, { ur: B }]", "alerts.slack[1]: url is missing"),
        ("slack: { url: A, severity: loud }", "should be info, warning or critical"),
        ("heartbeat: 5", "should be an address"),
        ('heartbeat: "https://u:p@h/"', "should be an address"),
        ('heartbeat: { url: A, every: "5" }', "should be a time between two runs"),
        ("telegram: { chat: true }", "should be text"),
    ],
)
def test_what_is_wrong_is_said(written: str, said: str) -> None:
    with pytest.raises(ConfigError) as error:
        parse(FILE.format(written))
    assert said in str(error.value)
    assert "u:p" not in str(error.value)
