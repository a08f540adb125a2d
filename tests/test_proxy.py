"""The proxy's configuration for servers of every kind, as files to be read in a review."""

import json
from dataclasses import replace

import golden
import pytest

from seawall import config as configuration
from seawall.agent.steps import File
from seawall.config import Config
from seawall.features.scalability.apps import Apps, peers, proxy
from seawall.kit.fleet import Fleet

SERVERS = "servers:\n  web1: { host: 192.0.2.1 }\n  web2: { host: 192.0.2.2 }\n"
ONE = "servers: [web1]"
APPS = {
    "one-server": f"web: {{ process: x, domain: acme.example, health: /healthz, {ONE} }}",
    "two-servers": "web: { process: x, domain: acme.example, health: /healthz, instances: 2 }",
    "no-health-page": "web: { process: x, domain: acme.example }",
    "paths": (
        "web: { process: x, domain: acme.example }\n"
        "  api: { process: x, domain: acme.example, paths: [/api, /api/v2] }"
    ),
    "redirects": (
        "web: { process: x, domain: [acme.example, acme.test], redirect: www.acme.example }"
    ),
    "basic-auth": "web: { process: x, domain: acme.example, basic_auth: { team: PASSWORD } }",
    "maintenance": "web: { process: x, domain: acme.example, maintenance: true }",
    "own-certificate": (
        "web: { process: x, domain: acme.example, certificate: { cert: a.pem, key: a.key } }"
    ),
    "static": "web: { static: public, domain: acme.example }",
    "internal": "web: { process: x, domain: acme.example, certificate: internal }",
    "shared-and-not": (
        "web: { process: x, domain: acme.example }\n  worker: { process: x }\n"
        "  blog: { process: x, domain: b.example, servers: [web1] }"
    ),
}
ADDRESSES = {"web1": "192.0.2.1", "web2": "192.0.2.2", "web3": "2001:db8::3"}
FLEET = Fleet(ADDRESSES, "a key and its certificate\n")


def described(apps: str, servers: str = SERVERS) -> Config:
    return replace(configuration.parse(f"{servers}apps:\n  {apps}\n"), fleet=FLEET)


def written(config: Config, server: str) -> str:
    """The proxy's configuration on a server."""
    here = config.of(Apps).on(server)
    known = peers.peers_of(config, server, here)
    return proxy.configuration(here, proxy.Authority("https://acme.test/dir"), known)


@pytest.mark.parametrize("name", APPS)
def test_what_the_proxy_is_told(name: str) -> None:
    golden.same(f"proxy/{name}.json", written(described(APPS[name]), "web1"))


def test_three_servers_help_each_other_in_turn() -> None:
    servers = f"{SERVERS}  web3: {{ host: 192.0.2.3 }}\n"
    config = described(APPS["two-servers"], servers)
    golden.same("proxy/three-servers.json", written(config, "web2"))


def test_a_server_that_was_not_asked_yet_knows_no_peers() -> None:
    alone = replace(described(APPS["two-servers"]), fleet=Fleet(ADDRESSES))
    assert "peers" not in written(alone, "web1")


def test_what_peers_know_each_other_by_is_a_secret() -> None:
    steps = [step for _, step in described(APPS["two-servers"]).steps("web1")]
    [file] = [each for each in steps if isinstance(each, File) and each.path == peers.IDENTITY]
    assert (file.secret, file.mode, file.group) == (True, "0640", "caddy")


def test_what_a_peer_asks_for_is_never_handed_on() -> None:
    """Behind the peers' door there is no way to a peer, whatever is configured."""
    told = json.loads(written(described(APPS["two-servers"]), "web1"))
    inside = json.dumps(told["apps"]["http"]["servers"]["web"]["routes"][0]["handle"])
    assert ADDRESSES["web2"] not in inside
    assert "127.0.0.1" in inside
