"""Peers: the other servers of an app, whose instances answer when a server's own do not.

A request goes to a peer only when nothing of it was sent yet, or when it is one that may be
repeated. It goes over TLS, by port 443 and a name of its own that only the holders of the project's
key are let in by, and a peer hands it to its own instances, never on: a loop cannot be.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from seawall.features.scalability.apps import static
from seawall.features.scalability.apps.upstreams import STREAMS, here, own

if TYPE_CHECKING:
    from seawall.features.scalability.apps import App

Route = dict[str, Any]
NAME = "peers.seawall.internal"
"""What peers call each other in TLS; the name in the certificate of all of them."""
IDENTITY = "/etc/caddy/peers.pem"
"""That certificate and its key, for root and the proxy only."""
APP, ASKED, PEER = "Seawall-App", "Seawall-Ask", "Seawall-Peer"
"""Headers between proxies: whose request it is, what is asked instead, and of whom."""
ONCE_MORE = {"retries": 1}
CHALLENGE = "/.well-known/acme-challenge/*"
NOT_SENT = [
    {"vars_regexp": {"{http.error.message}": {"pattern": "^(dial |no upstreams available)"}}},
    {
        "method": ["GET", "HEAD"],
        "vars_regexp": {"{http.error.status_code}": {"pattern": "^50[234]$"}},
    },
]
"""Errors after which a request may be made elsewhere: it reached nobody, or changes nothing."""
SAY_SO = {
    "handle": [
        {
            "handler": "error",
            "status_code": "{http.error.status_code}",
            "error": "{http.error.message}",
        }
    ]
}
"""Any other error stays what it was."""


@dataclass(frozen=True)
class Peer:
    """Another server of an app, and its address as this one reaches it."""

    name: str
    address: str

    def at(self, port: int) -> str:
        """Where to dial."""
        return f"[{self.address}]:{port}" if ":" in self.address else f"{self.address}:{port}"


Peers = dict[str, tuple[Peer, ...]]
"""The peers of a server, by app."""


def peers_of(config: Any, server: str, apps: "dict[str, App]") -> Peers:
    """The other servers of each app, beginning behind this one, so that each helps another."""
    if not config.fleet.identity:
        return {}
    every = [*config.servers]
    behind = every[every.index(server) + 1 :] + every[: every.index(server)]
    known = [Peer(name, config.fleet.addresses.get(name, "")) for name in behind]
    return {
        name: found
        for name, app in apps.items()
        if app.domains
        and (found := tuple(peer for peer in known if peer.address and _runs(app, peer.name)))
    }


def _runs(app: "App", server: str) -> bool:
    return not app.servers or server in app.servers


def shared(name: str, app: "App", peers: tuple[Peer, ...]) -> Route:
    """To the own instances, else to the peers', else to the own once they are back."""
    at_once = own(name, app, {"retries": 2 * app.instances})
    elsewhere = _or_else(to_peers(name, app, peers), own(name, app))
    return _or_else(at_once, elsewhere) if peers else own(name, app)


def _or_else(first: Route, second: Route) -> Route:
    instead = {"match": NOT_SENT, "handle": [second]}
    return {
        "handler": "subroute",
        "routes": [{"handle": [first]}],
        "errors": {"routes": [instead, SAY_SO]},
    }


def to_peers(name: str, app: "App", peers: tuple[Peer, ...]) -> Route:
    """To the first peer that is well; each is asked every two seconds."""
    asked = {"Host": [app.domain], APP: [name], ASKED: ["health"]}
    told = {"Host": ["{http.request.hostport}"], APP: [name]}
    return {
        **_to(peers, {"set": told, "delete": [ASKED]}),
        "load_balancing": {"selection_policy": {"policy": "first"}, "retries": len(peers)},
        "health_checks": {
            "active": {
                "uri": app.health or "/",
                "headers": asked,
                "interval": "2s",
                "timeout": "2s",
            },
            "passive": {"fail_duration": "5s"},
        },
        **STREAMS,
    }


def _to(peers: tuple[Peer, ...], headers: dict[str, Any]) -> Route:
    """A request to peers. An idle connection ends here first, before the peer ends it."""
    return {
        "handler": "reverse_proxy",
        "upstreams": [{"dial": peer.at(443)} for peer in peers],
        "headers": {"request": headers},
        "transport": {
            "protocol": "http",
            "versions": ["1.1"],
            "dial_timeout": "2s",
            "keep_alive": {"idle_timeout": "60s"},
            "tls": {
                "server_name": NAME,
                "ca": {"provider": "file", "pem_files": [IDENTITY]},
                "client_certificate_file": IDENTITY,
                "client_certificate_key_file": IDENTITY,
            },
        },
    }


def policies() -> list[dict[str, Any]]:
    """TLS: under their own name only peers get in; everybody else as always."""
    ours = {"provider": "file", "pem_files": [IDENTITY]}
    only = {"client_authentication": {"ca": ours, "mode": "require_and_verify"}}
    return [{"match": {"sni": [NAME]}, **only}, {}]


def door(sites: "dict[str, App]", peers: Peers, always: list[Route]) -> Route:
    """What a peer gets, known by its certificate: the instances of this server alone."""
    answers = [route for name in peers for route in _for_peers(name, sites[name])]
    nothing = {"handle": [{"handler": "static_response", "status_code": 404}]}
    # Answered here, so that what is always done is done with errors too.
    fault = {"handler": "static_response", "status_code": "{http.error.status_code}"}
    inside = {"routes": [*answers, nothing], "errors": {"routes": [{"handle": [fault]}]}}
    return {
        "match": [{"vars": {"{http.request.tls.client.subject}": [f"CN={NAME}"]}}],
        "handle": [*always, {"handler": "subroute", **inside}],
        "terminal": True,
    }


def _for_peers(name: str, app: "App") -> Iterator[Route]:
    """Which release serves; whether it is well; and what its visitors ask for."""
    release = f"{{file./srv/apps/{name}/serving}}"
    told = {"handler": "static_response", "body": release}
    yield {"match": [{"header": {APP: [name], ASKED: ["release"]}}], "handle": [told]}
    well: dict[str, Any] = {"routes": [{"handle": [{"handler": "static_response"}]}]}
    if app.health:
        well["match"] = {"status_code": [2, 3]}
    match = [{"header": {APP: [name], ASKED: ["health"]}}]
    if app.static:
        there = {**match[0], **static.is_released(name, inside=False)[0]}
        yield {"match": [there], "handle": [{"handler": "static_response"}]}
    yield {"match": match, "handle": [{**own(name, app, ONCE_MORE), "handle_response": [well]}]}
    # The address of the visitor, as the peer saw it, and not the peer's own behind it.
    visitor = {"X-Forwarded-For": ["{http.request.header.X-Forwarded-For}"]}
    served = {**own(name, app), "headers": {"request": {"set": visitor, "delete": [APP]}}}
    yield {"match": [{"header": {APP: [name]}}], "handle": [here(name, app, served)]}


def questions(peers: Peers) -> Iterator[Route]:
    """For a check on this server: what each peer says that it serves, asked as visitors come."""
    for name, others in peers.items():
        for peer in others:
            ask = _to((peer,), {"set": {APP: [name], ASKED: ["release"]}})
            match = [{"header": {APP: [name], PEER: [peer.name]}}]
            yield {"match": match, "handle": [ask], "terminal": True}


def challenges(sites: "dict[str, App]", peers: Peers) -> list[Route]:
    """Questions of an ACME authority that this server has no answer to: a peer has asked for a
    certificate, and the authority came here. Each peer is asked in turn; none asks another."""
    acme = [name for name in peers if sites[name].certificate == "acme"]
    others = tuple(dict.fromkeys(peer for name in acme for peer in peers[name]))
    if not others:
        return []
    # Without its hosts, Caddy's own redirect to HTTPS would come before it.
    hosts = [domain for name in acme for domain in (*sites[name].domains, *sites[name].redirect)]
    visited = {"host": sorted({*hosts}), "path": [CHALLENGE]}
    asked = {**visited, "header": {PEER: ["challenge"]}}
    nobody = {"handler": "static_response", "status_code": 404}
    return [
        {"match": [asked], "handle": [nobody], "terminal": True},
        {"match": [visited], "handle": [_in_turn(others)], "terminal": True},
    ]


def _in_turn(peers: tuple[Peer, ...], first: int = 0) -> Route:
    """Ask one peer; where it does not know either, the next. One that is silent is left out."""
    order = peers[first:] + peers[:first]
    ask: Route = {
        "handler": "reverse_proxy",
        "upstreams": [{"dial": peer.at(80)} for peer in order],
        "headers": {"request": {"set": {PEER: ["challenge"]}}},
        "load_balancing": {"selection_policy": {"policy": "first"}, "retries": len(peers)},
        "health_checks": {"passive": {"fail_duration": "2s"}},
        "transport": {"protocol": "http", "dial_timeout": "2s"},
    }
    if first + 1 < len(peers):
        other = [{"handle": [_in_turn(peers, first + 1)]}]
        ask["handle_response"] = [{"match": {"status_code": [3, 4, 5]}, "routes": other}]
    return ask
