"""The proxy on a server: its program, its unit, its configuration, and what only it may read."""

import base64
import hashlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seawall.agent.steps import Binary, File, Group, Step, SystemUser, Unit
from seawall.errors import ConfigError, Locked
from seawall.features.scalability.apps import proxy
from seawall.features.scalability.apps.peers import IDENTITY, peers_of
from seawall.features.scalability.apps.routes import users_file
from seawall.features.scalability.apps.sites import OwnCertificate
from seawall.secrets.collecting import collect

if TYPE_CHECKING:
    from seawall.features.scalability.apps import App

CADDY = "/usr/local/bin/caddy"
CHANGED = ("caddy-change",)
"""What has to be told of every change: it restarts the proxy without losing a request."""
ROUNDS = 10
"""2^10 rounds of bcrypt: 50 ms for each new login here, and for each guess of a thief."""
LONGEST = 72
"""Bytes of a password that bcrypt looks at."""


def steps(config: Any, server: str, apps: "dict[str, App]") -> Iterator[Step]:
    """What the proxy of one server needs, in order."""
    peers = peers_of(config, server, apps)
    yield Group("caddy")
    yield SystemUser("caddy", home="/var/lib/caddy")
    yield Binary(CADDY, "caddy", proxy.VERSION, proxy.DIGESTS, restart=CHANGED)
    script = Path(__file__).with_name("handover.py").read_text()
    yield File(proxy.HANDOVER, script, mode="0755")
    for name, content in proxy.UNITS.items():
        yield File(f"/etc/systemd/system/{name}.service", content, restart=CHANGED)
    yield from _read_by_proxy(config, apps)
    if peers:
        yield _secret(IDENTITY, config.fleet.identity)
    content = proxy.configuration(apps, _authority(config), peers)
    validate = ("env", "RUNTIME_DIRECTORY=/run/caddy", CADDY, "validate", "--config", "{}")
    yield File(proxy.CONFIG, content, validate=validate, restart=CHANGED)
    yield Unit("caddy", systemd_for="the proxy of an app with a domain")


def _authority(config: Any) -> proxy.Authority:
    tls = config.section("tls")
    return proxy.Authority(tls.acme, tls.email or "", bool(tls.acme_roots), tls.renew_interval)


def _read_by_proxy(config: Any, apps: "dict[str, App]") -> Iterator[Step]:
    """The files that its configuration names."""
    if trusted := roots(config):
        yield File(proxy.ROOTS, trusted, restart=CHANGED)
    for name, app in sorted(apps.items()):
        yield from _certificate(config, name, app)
        yield from _passwords(config, name, app)


def roots(config: Any) -> str:
    """The certificates of a private ACME server's authorities, "" for a public one."""
    path = config.section("tls").acme_roots
    return _beside(config, path, ("tls", "acme_roots")) if path else ""


def _certificate(config: Any, name: str, app: "App") -> Iterator[Step]:
    """The certificate that is brought, and its key."""
    own = app.certificate
    if isinstance(own, OwnCertificate):
        where = ("apps", name, "certificate")
        start = f"{proxy.CERTIFICATES}/{name}"
        yield File(f"{start}.pem", _beside(config, own.cert, (*where, "cert")), restart=CHANGED)
        yield _secret(f"{start}.key", _beside(config, own.key, (*where, "key")))


def _passwords(config: Any, name: str, app: "App") -> Iterator[Step]:
    """The hash of each password that can be had here; without one, what is on the server stays."""
    for user, variable in app.basic_auth.items():
        with suppress(Locked):
            password = collect(config, [variable], app.environment).values.get(variable)
            if password:
                yield _hashed(name, user, variable, password)


def _hashed(name: str, user: str, variable: str, password: str) -> File:
    return _secret(users_file(name, user), bcrypt_hash(password, f"{name}.{user}", variable))


def _secret(path: str, content: str) -> File:
    return File(path, content, mode="0640", group="caddy", secret=True, restart=CHANGED)


def bcrypt_hash(password: str, salt: str, variable: str) -> str:
    """The same hash for the same password and salt, so that a plan can be empty."""
    import bcrypt

    if len(password.encode()) > LONGEST:
        raise ConfigError(f"{variable} is longer than {LONGEST} bytes", "choose a shorter password")
    random = hashlib.sha256(f"seawall {salt}".encode()).digest()[:16]
    standard = base64.b64encode(random).decode().rstrip("=")
    letters = standard.translate(str.maketrans(_STANDARD, _BCRYPT))
    return bcrypt.hashpw(password.encode(), f"$2b${ROUNDS}${letters}".encode()).decode()


_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_STANDARD, _BCRYPT = f"{_LETTERS}+/", f"./{_LETTERS}"


def _beside(config: Any, path: str, where: tuple[str, ...]) -> str:
    """A file that seawall.yml names, relative to it."""
    folder = config.path.parent if config.path else Path.cwd()
    try:
        return (folder / path).read_text()
    except (OSError, UnicodeDecodeError) as error:
        line = config.line_of(*where)
        reason = getattr(error, "strerror", "") or "it is not text"
        place = f"{config.name}:{line}: {'.'.join(where)}"
        raise ConfigError(f"{place}: {path} cannot be read: {reason}") from None
