"""Apps: released, started beside the old one, switched to without a dropped request.

An app is code, a command and an environment. Each release is immutable and numbered; a new one
starts next to the old, has to be healthy, and only then gets the requests. Going back is the same
way with an older release. Apps run as users of their own, see nothing of each other, come back
after a crash and after a reboot, and are reached only through the proxy, over TLS.
"""

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from seawall.agent.steps import Binary, File, Group, Packages, Step, SystemUser, Unit
from seawall.features.scalability.apps import proxy
from seawall.features.scalability.apps.fields import (
    AppName,
    Command,
    Cpus,
    Domain,
    Folder,
    Memory,
    UrlPath,
    VariableName,
    VariableValue,
)
from seawall.kit import Feature, Port, Room, Section
from seawall.kit.fields import KnownServer


class App(Section):
    """One app: what runs, where, and under which name it is reached."""

    servers: list[KnownServer] = []
    """The servers it runs on; all of them when empty."""
    process: Command
    """The command that serves, such as `gunicorn app:app --bind 127.0.0.1:$PORT`. Seawall gives
    it a PORT of its own for each release; it must listen on 127.0.0.1 and stay in the
    foreground."""
    install: list[Command] = []
    """Commands that build a release in its own folder, such as
    `python3 -m venv .venv && .venv/bin/pip install -r requirements.txt`. They see no secrets."""
    packages: list[Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9+.-]+$")]] = []
    """Packages of the distribution that it needs."""
    domain: Domain | None = None
    """Where visitors find it. TLS certificates are fetched and renewed by themselves. Without a
    domain nobody outside reaches it: a worker."""
    certificate: Literal["acme", "internal"] = "acme"
    """Who signs its certificate: `acme` is Let's Encrypt; `internal` is the proxy itself, for a
    domain that only you use and whose warning you accept."""
    health: UrlPath | None = None
    """A page that answers 200 when it is well; without it, an open port has to do."""
    start_seconds: Annotated[int, Field(ge=1, le=600)] = 30
    """How long a new release may take to be healthy, in seconds."""
    drain_seconds: Annotated[int, Field(ge=0, le=3600)] = 30
    """How long requests of the old release may take to end after the switch, in seconds."""
    env: dict[VariableName, VariableValue] = {}
    """Environment variables, in the open."""
    secrets: list[VariableName] = []
    """Names of environment variables with secrets; their values are taken from the environment
    of whoever deploys, and lie on the server where only root reads them."""
    uploads: list[Folder] = []
    """The only places it may write to besides its private /tmp; they outlive releases."""
    instances: Annotated[int, Field(ge=1, le=64)] = 1
    """Copies of it on each server, between which requests are shared."""
    memory: Memory | None = None
    """What each instance may use, such as 512M; more ends it, and it starts again."""
    cpus: Cpus | None = None
    """How many processors each instance may use, such as 0.5."""
    before_switch: Command | None = None
    """Run once for each release, before it starts: a database migration. If it fails, nothing
    changes for your visitors."""
    after_deploy: Command | None = None
    """Run once the new release serves alone."""
    keep_releases: Annotated[int, Field(ge=2, le=100)] = 5
    """Releases to keep for going back."""


class Apps(Feature):
    section: ClassVar[str] = "apps"
    room: ClassVar[Room] = "scalability"

    apps: dict[AppName, App] = {}
    """Your apps, by a name of your choice."""

    def on(self, server: str) -> dict[str, App]:
        """The apps of one server."""
        return {
            name: app for name, app in self.apps.items() if not app.servers or server in app.servers
        }

    def ports(self, config: Any, server: str) -> Iterator[Port]:
        if any(app.domain for app in self.on(server).values()):
            yield Port(80, "tcp", "proxy")
            yield Port(443, "tcp", "proxy")
            yield Port(443, "udp", "proxy")

    def steps(self, config: Any, server: str) -> Iterator[Step]:
        here = self.on(server)
        packages = sorted({package for app in here.values() for package in app.packages})
        if packages:
            yield Packages(tuple(packages))
        if any(app.domain for app in here.values()):
            yield from _proxy_steps(proxy.configuration(here))


def _proxy_steps(configuration: str) -> Iterator[Step]:
    yield Group("caddy")
    yield SystemUser("caddy", home="/var/lib/caddy")
    yield Binary("/usr/local/bin/caddy", "caddy", proxy.VERSION, proxy.DIGESTS)
    yield File("/etc/systemd/system/caddy.service", proxy.UNIT, restart=("caddy",))
    validate = ("/usr/local/bin/caddy", "validate", "--config", "{}")
    yield File("/etc/caddy/seawall.json", configuration, validate=validate, reload=("caddy",))
    yield Unit("caddy")
