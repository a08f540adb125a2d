"""tls: what visitors were shown, and what is made of it."""

from typing import Any

import pytest

from seawall.agent.probes.certificates import validity
from seawall.errors import ConfigError
from seawall.features.security.tls import Tls
from seawall.kit import Site
from seawall.kit.amounts import DAY
from seawall.kit.sabotage import STOP, Sabotage
from seawall.kit.trial import Described, door, problems
from seawall.server.handshake import hello
from seawall.server.names import elsewhere

JOURNEY = "tests/journeys/test_tls.py"
STORE = "$(echo /var/lib/caddy/caddy/certificates/*/acme.example)"
OLD = f"""
import socket, ssl
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.minimum_version = ssl.TLSVersion.TLSv1
context.set_ciphers('ALL:@SECLEVEL=0')
context.load_cert_chain('{STORE}/acme.example.crt', '{STORE}/acme.example.key')
with socket.create_server(('', 443)) as server:
    while True:
        try:
            context.wrap_socket(server.accept()[0], server_side=True).close()
        except OSError:
            pass
"""


def proxy(change: str) -> str:
    """Shell that changes the proxy's configuration (`c`) by Python, and starts it anew."""
    path = "/etc/caddy/seawall.json"
    read = f"import json; c=json.load(open('{path}')); web=c['apps']['http']['servers']['web']"
    write = f"json.dump(c, open('{path}', 'w'))"
    return f'python3 -c "{read}; {change}; {write}" && systemctl restart caddy; sleep 2'


INTERNAL = "c['apps']['tls']['automation']['policies'] = [{'issuers': [{'module': 'internal'}]}]"
PLAIN = (
    "web['automatic_https'] = {'disable_redirects': True}; c['apps']['http']['servers']['plain'] ="
    " {'listen': [':80'], 'routes': [{'handle': [{'handler': 'static_response'}]}],"
    " 'automatic_https': {'disable': True}}"
)
CUT = (
    "nft add table inet cut; nft add chain inet cut out '{ type filter hook output priority 0; }';"
    " nft add rule inet cut out tcp dport 14000 reject with tcp reset"
)
AGAIN = "nft delete table inet cut; systemctl restart caddy; sleep 5"
NEWER = (
    f"cp {STORE}/acme.example.crt /run/kept; cp /tmp/newer.pem {STORE}/acme.example.crt;"
    f" touch -d '-2 minutes' {STORE}/acme.example.crt"
)
SABOTAGES = {
    "tls.valid": Sabotage(
        f"{proxy(INTERNAL)}; rm -rf /var/lib/caddy/caddy/certificates/*", journey=JOURNEY
    ),
    "tls.newest": Sabotage(NEWER, heal=f"cp /run/kept {STORE}/acme.example.crt", journey=JOURNEY),
    "tls.renewing": Sabotage(CUT, heal=AGAIN, wait=60, journey=JOURNEY),
    "tls.answers": Sabotage(
        "systemctl stop app", heal="systemctl start app; sleep 1", journey=JOURNEY
    ),
    "tls.redirects": Sabotage(proxy(PLAIN), journey=JOURNEY),
    "tls.modern": Sabotage(
        f'systemctl stop caddy; systemd-run --quiet --unit=sabotage python3 -c "{OLD}"; sleep 1',
        heal=f"{STOP}; systemctl start caddy; sleep 2",
        journey=JOURNEY,
    ),
    "tls.names-point-here": Sabotage("true", heal="true", journey=JOURNEY),
    "tls.admin": Sabotage(proxy("c['admin']['listen'] = 'localhost:2019'"), journey=JOURNEY),
}
"""The journey lets the name lead elsewhere by itself: no shell on the server can."""
NOW = 1_800_000_000.0
ANSWER = {"status": 200, "Location": "", "Retry-After": ""}
MOVED = {**ANSWER, "status": 308, "Location": "https://acme.example/"}
GOOD: dict[str, Any] = {
    "begins": NOW - 30 * DAY,
    "ends": NOW + 60 * DAY,
    "sha256": "a",
    "at": NOW,
    "distrusted": "",
    "old": False,
    "https": ANSWER,
    "http": MOVED,
    "leads_to": {"addresses": ["203.0.113.10"]},
    "here": ["203.0.113.10"],
}


class Served(Described):
    """A Config with one domain."""

    def __init__(self, *, public: bool = True) -> None:
        super().__init__(Tls())
        self.public = public

    def sites(self, server: str) -> tuple[Site, ...]:
        return (Site("acme.example", self.public),)


def asked(method: str, *, public: bool = True, **seen: Any) -> list[str]:
    """The problems when this was seen of the domain."""
    stored = seen.pop("stored", {})
    facts = {
        "certificates": {"stored": stored, "failing": seen.pop("failing", {})},
        "listeners": [door(443, "caddy"), *seen.pop("doors", ())],
        "system": {"addresses": {"4": ["203.0.113.10"], "6": []}},
    }
    outside = {"sites": {"acme.example": seen.pop("whole", {**GOOD, **seen})}}
    return problems(Tls(), method, facts, outside=outside, config=Served(public=public))


def test_a_site_as_it_should_be_is_fine() -> None:
    for check in Tls.checks():
        assert asked(check.method) == [], check.id


def test_a_certificate_is_judged_by_what_is_left_of_its_life() -> None:
    assert asked("valid", begins=NOW - 70 * DAY, ends=NOW + 20 * DAY) == [
        "the certificate of acme.example ends in 20 days"
    ]
    assert asked("valid", ends=NOW - 3 * DAY) == ["the certificate of acme.example has expired"]
    begins = NOW - 3 * DAY
    assert asked("valid", begins=begins, ends=NOW + 3 * DAY) == []
    assert asked("valid", begins=begins, ends=NOW + 0.5 * DAY) == [
        "the certificate of acme.example ends in 12 h"
    ]


def test_whom_browsers_distrust_is_found_unless_it_is_only_for_ourselves() -> None:
    why = "self-signed certificate"
    assert asked("valid", distrusted=why) == [
        "browsers do not trust the certificate of acme.example"
    ]
    assert asked("valid", distrusted=why, public=False) == []


def test_an_old_certificate_that_is_still_served_is_found_after_a_minute() -> None:
    newer = {"sha256": "b", "ends": NOW + 90 * DAY}
    old = ["acme.example is served with an old certificate"]
    assert asked("newest", stored={"acme.example": {**newer, "written": NOW - 3600}}) == old
    assert asked("newest", stored={"acme.example": {**newer, "written": NOW - 5}}) == []


def test_only_renewals_of_our_own_domains_are_told() -> None:
    failing = {"acme.example": "connection refused", "gone.example": "no such name"}
    assert asked("renewing", failing=failing) == [
        "the certificate of acme.example cannot be renewed"
    ]


def test_maintenance_is_an_answer_and_a_dead_app_is_not() -> None:
    dead = {**ANSWER, "status": 502}
    silent = ["acme.example does not answer over HTTPS"]
    assert asked("answers", https=dead) == silent
    assert asked("answers", https={**dead, "status": 503, "Retry-After": "300"}) == []
    assert asked("answers", whole={"unknown": "refused"}) == silent
    assert asked("valid", whole={"unknown": "refused"}) == []


def test_plain_http_old_tls_and_an_open_admin_interface_are_found() -> None:
    assert asked("redirects", http=ANSWER) == ["acme.example can be read without encryption"]
    assert asked("redirects", http={"status": 0, "problem": "refused"}) == []
    assert asked("modern", old=True) == ["acme.example speaks old TLS"]
    local = door(2019, "caddy", reach="local", address="127.0.0.1")
    assert asked("admin", doors=[local]) == ["every program on the server can change the proxy"]


def test_a_name_leads_here_elsewhere_or_nowhere() -> None:
    away = ["acme.example does not lead to this server"]
    assert asked("names_point_here", leads_to={"addresses": ["198.51.100.7"]}) == away
    assert asked("names_point_here", leads_to={"addresses": []}) == away
    assert asked("names_point_here", public=False, leads_to={"addresses": []}) == []
    assert elsewhere(["198.51.100.7", "203.0.113.10"], ["203.0.113.10"]) == ""


def test_settings_say_what_is_wrong_with_them() -> None:
    for setting, value in (("email", "nobody"), ("acme", "http://x"), ("renew_interval", "soon")):
        with pytest.raises((ValueError, ConfigError)):
            Tls.model_validate({setting: value})


def test_dates_of_both_centuries_are_read() -> None:
    def time(kind: int, text: str) -> bytes:
        return bytes([kind, len(text)]) + text.encode()

    dates = time(0x17, "991231235959Z") + time(0x18, "20500101000000Z")
    signed = b"\x02\x01\x01\x30\x00\x30\x00\x30" + bytes([len(dates)]) + dates
    inner = b"\x30" + bytes([len(signed)]) + signed
    assert validity(b"\x30" + bytes([len(inner)]) + inner) == (946684799.0, 2524608000.0)


def test_the_hello_of_an_old_client_is_well_formed() -> None:
    message = hello("acme.example")
    assert message[:3] == b"\x16\x03\x01"
    assert int.from_bytes(message[3:5], "big") == len(message) - 5
    assert b"acme.example" in message
