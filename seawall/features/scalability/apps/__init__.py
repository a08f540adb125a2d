"""Apps: released, started beside the old one, switched to without a dropped request.

An app is code, a command and an environment. Each release is immutable and numbered; a new one
starts next to the old, has to be healthy, and only then gets the requests. Going back is the same
way with an older release. Apps run as users of their own, see nothing of each other, come back
after a crash and after a reboot, and are reached only through the proxy, over TLS.
"""

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar

from pydantic import Field, field_validator, model_validator

from seawall.agent.steps import Packages, Step
from seawall.features.scalability.apps import docker, installed, php, supervisors
from seawall.features.scalability.apps.alive import Alive
from seawall.features.scalability.apps.confined import Confined
from seawall.features.scalability.apps.fields import (
    AppName,
    Command,
    Cpus,
    Folder,
    Memory,
    UrlPath,
    VariableName,
    VariableValue,
)
from seawall.features.scalability.apps.kinds import (
    ContainerCommand,
    ContextFolder,
    FallbackPage,
    ImageName,
    ScratchFolder,
    misfits,
)
from seawall.features.scalability.apps.sites import (
    BodyLimit,
    Certificate,
    Domains,
    Prefix,
    VisitorName,
    clashes,
)
from seawall.features.scalability.apps.supervisors import Supervisor
from seawall.kit import Dataset, Feature, Port, Room, Section, Site, Use
from seawall.kit.fields import KnownServer, Name, OneLine, PortNumber, Switch, faults


class App(Section):
    """One app: what runs, where, and under which name it is reached."""

    servers: list[KnownServer] = []
    """The servers it runs on; all of them when empty."""
    process: Command | None = None
    """The command that serves, such as `gunicorn app:app --bind 127.0.0.1:$PORT`. Seawall gives
    it a PORT of its own for each release; it must listen on 127.0.0.1 and stay in the
    foreground. An app has one of `process`, `php`, `static`, `build` and `image`."""
    php: ContextFolder | None = None
    """The folder with its index.php, such as `public`: files in it are given out as they are,
    everything else is PHP's, run by the distribution's php-fpm as the app's own user. Extensions
    go under `packages`, such as php-pgsql."""
    static: ContextFolder | None = None
    """A folder of files that the proxy serves itself, such as `dist`, once `install` has built it.
    Hidden files and links that leave the folder are left out; `404.html` is shown for what is not
    there; `/about` is about.html; with `paths: [/docs]`, it is what lies below /docs."""
    fallback: FallbackPage | None = None
    """The page of a single-page app, such as `index.html`, for addresses that only it knows."""
    build: ContextFolder | None = None
    """The folder with its Dockerfile, from the top of the repository: `.` or `services/web`. The
    image is built on the server from what is committed, and runs as a user without rights, in a
    container that cannot be written to, behind the proxy alone."""
    image: ImageName | None = None
    """A ready image, such as `ghcr.io/acme/web:1.4`: pulled at each deploy, or taken as it is
    when the server has it and no registry answers."""
    command: ContainerCommand | None = None
    """What to start in the container instead of what its image says; no shell reads it."""
    port: PortNumber | None = None
    """The port in the container that it listens on; it finds it in PORT. Without it, the one that
    its image exposes, or 8080."""
    scratch: list[ScratchFolder] = []
    """Folders in the container that it may write to besides /tmp and /run, such as /app/tmp; they
    are in memory and empty at each start."""
    install: list[Command] = []
    """Commands that build a release in its own folder, such as
    `python3 -m venv .venv && .venv/bin/pip install -r requirements.txt`. They see no secrets."""
    packages: list[Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9+.-]+$")]] = []
    """Packages of the distribution that it needs."""
    domains: Annotated[Domains, Field(alias="domain")] = []
    """Where visitors find it: a domain, or a list of them. TLS certificates are fetched and
    renewed by themselves. Without a domain nobody outside reaches it: a worker."""
    redirect: Domains = []
    """Domains that lead to the first of its own, such as `www.acme.example`."""
    paths: list[Prefix] = []
    """Serve only what is below these paths, such as `/api`, so that several apps share a domain;
    the longest path that fits wins. The app sees the whole path."""
    certificate: Certificate = "acme"
    """Who signs its certificate: `acme` is Let's Encrypt, or whom `tls:` names; `internal` is the
    proxy itself, for a domain that only you use and whose warning you accept;
    `{ cert: acme.pem, key: acme.key }` is one that you bring."""
    body_limit: BodyLimit = "100M"
    """The largest request it is sent, such as an upload; more is refused with 413."""
    basic_auth: dict[VisitorName, VariableName] = {}
    """Names to log in with and, for each, the secret that is its password:
    `{ team: STAGING_PASSWORD }`, kept or in the environment when you apply. Only a bcrypt hash of
    it reaches the server."""
    maintenance: Switch = False
    """Visitors are told to come back later, with status 503; releases still go on."""
    health: UrlPath | None = None
    """A page that answers 200 when it is well; without it, an open port has to do."""
    start_seconds: Annotated[int, Field(ge=1, le=600)] = 30
    """How long a new release may take to be healthy, in seconds."""
    drain_seconds: Annotated[int, Field(ge=0, le=3600)] = 30
    """How long requests of the old release may take to end after the switch, in seconds."""
    env: dict[VariableName, VariableValue] = {}
    """Environment variables, in the open."""
    secrets: list[VariableName] = []
    """Names of secrets that it finds in its environment. A deploy takes their values from where
    `secrets: { from: … }` says, from `secrets/production.age`, or else from the environment of
    whoever deploys; on the server they lie where only root reads them."""
    environment: Annotated[OneLine, Field(pattern=r"^[a-z][a-z0-9_-]{0,30}$")] = "production"
    """Whose secrets it gets: with `staging`, those of `secrets/staging.age`."""
    uses: list[Name] = []
    """Databases of `databases:` that it uses. The address of the first is in DATABASE_URL; with
    several, each is also in a variable of its own, such as MAIN_URL."""
    uploads: list[Folder] = []
    """The only places it may write to besides its private /tmp; they outlive releases."""
    instances: Annotated[int, Field(ge=1, le=64)] = 1
    """Copies of it on each server, between which requests are shared."""
    memory: Memory | None = None
    """What each instance may use, such as 512M; more ends it, and it starts again."""
    cpus: Cpus | None = None
    """How many processors each instance may use, such as 0.5."""
    supervisor: Supervisor = "systemd"
    """Who starts it at boot and again after a crash: `systemd`, or for machines without it and
    teams that use another: `sysv` (a script in /etc/init.d), `cron` (@reboot), `supervisor`
    (Debian's package) or `pm2` (7.0.4, from npm). None of these can enforce `memory` and `cpus`,
    nor keep it from reading what others may read; a container always has systemd."""
    before_switch: Command | None = None
    """Run once for each release, before it starts: a database migration. If it fails, nothing
    changes for your visitors."""
    after_deploy: Command | None = None
    """Run once the new release serves alone."""
    keep_releases: Annotated[int, Field(ge=2, le=100)] = 5
    """Releases to keep for going back."""

    @model_validator(mode="after")
    def _one_kind(self) -> "App":
        if found := list(misfits(self)):
            raise faults(found)
        return self

    @property
    def contained(self) -> bool:
        """True when it runs in containers."""
        return bool(self.build or self.image)

    @property
    def domain(self) -> str:
        """The first of its domains, "" when it has none."""
        return self.domains[0] if self.domains else ""


class Apps(Alive, Confined, Feature):
    section: ClassVar[str] = "apps"
    room: ClassVar[Room] = "scalability"

    apps: dict[AppName, App] = {}
    """Your apps, by a name of your choice."""

    @field_validator("apps")
    @classmethod
    def _no_clash(cls, value: dict[str, App]) -> dict[str, App]:
        if found := list(clashes(value)):
            raise faults(found)
        return value

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

    def datasets(self, config: Any, server: str) -> Iterator[Dataset]:
        for name, app in self.on(server).items():
            if app.uploads:
                told = {"paths": list(app.uploads)}
                if files := _within(config.section("databases").files(server), app.uploads):
                    told["without"] = files  # saved by themselves, as only SQLite can
                yield Dataset(f"{name}-uploads", "files", told)

    def uses(self, config: Any) -> Iterator[Use]:
        for name, app in self.apps.items():
            for secret in app.secrets:
                yield Use(secret, f"app {name}", f"seawall deploy {name}", app.environment)
            for secret in app.basic_auth.values():
                visitors = f"the visitors of app {name}"
                yield Use(secret, visitors, "seawall apply", app.environment, required=False)

    def sites(self, config: Any, server: str) -> Iterator[Site]:
        for app in self.on(server).values():
            roots = installed.roots(config) if app.certificate == "acme" else ""
            for domain in [*app.domains, *app.redirect]:
                yield Site(domain, app.certificate != "internal", roots)

    def limits(self, config: Any, server: str) -> Iterator[str]:
        yield from supervisors.limits(self.on(server))

    def steps(self, config: Any, server: str) -> Iterator[Step]:
        here = self.on(server)
        packages = sorted({package for app in here.values() for package in app.packages})
        if packages:
            yield Packages(tuple(packages))
        yield from supervisors.steps(here)
        if any(app.contained for app in here.values()):
            yield from docker.steps()
        if any(app.php for app in here.values()):
            yield from php.steps()
        if any(app.static or app.php for app in here.values()):
            yield Packages(("media-types",))  # which the proxy reads, for the types of files
        if any(app.domain for app in here.values()):
            yield from installed.steps(config, server, here)


def _within(files: list[str], folders: list[str]) -> list[str]:
    return [file for file in files if any(file.startswith(f"{folder}/") for folder in folders)]
