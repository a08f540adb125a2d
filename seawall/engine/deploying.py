"""Releases: sent to servers, followed until they serve or have failed, and gone back to.

The work is the server's; here its events become lines for whoever waits. One server after the
other: what a first one refuses is not tried on the next, and what a later one refuses goes back on
those before it, so that all serve the same.
"""

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from seawall.config import Config
from seawall.engine import doors
from seawall.engine.following import Follow
from seawall.engine.releases import declared, look, servers_of
from seawall.errors import Refused, SeawallError, StepFailed
from seawall.features.scalability.apps import App, php
from seawall.features.stability.databases import Databases
from seawall.kit import Event
from seawall.kit.released import Deployed, Releases
from seawall.repository.archive import Code
from seawall.secrets.collecting import Collected, required
from seawall.server import whoami

OnEvent = Callable[[Event], None]
BAKED = re.compile(r"(NEXT|NUXT|VITE|REACT_APP|VUE_APP|GATSBY|EXPO|PUBLIC)_|(NODE|RAILS|RACK)_ENV$")
"""Variables that builds are known to write into what they make."""
NOT_UNDONE = "before_switch has changed the database; going back does not undo that"


@dataclass(frozen=True)
class Wanted:
    """What to release: new code, an older release again, or the serving one once more."""

    app: str
    code: Code | None = None
    again: int | None = None
    restart: bool = False
    build: bool = False
    """Build even where the code that serves could be used again."""
    env: dict[str, str] = field(default_factory=dict)
    """Variables that are not in seawall.yml."""


def deploy(
    config: Config, wanted: Wanted, on_event: OnEvent, seen: list[Releases] | None = None
) -> list[Deployed]:
    """Release an app on the servers that were looked at, or on all that it runs on."""
    secrets = given(config, wanted.app) if wanted.code else {}
    if seen is None:
        seen = look(config, wanted.app, servers_of(config, wanted.app))
    number = 1 + max(each.newest for each in seen)
    works = [_Work(config, wanted, each, each is seen[0], number) for each in seen]
    for work in works:
        work.secrets = secrets
    if cannot := next((work for work in works if not work.can_begin()), None):
        return [cannot.carry_out(on_event)]
    ended: list[Deployed] = []
    for work in works:
        ended.append(work.carry_out(on_event))
        if ended[-1].error:
            return [*_gone_back(works, ended[:-1], on_event, ended[-1].error), ended[-1]]
    return ended


def secrets_of(config: Config, name: str) -> Collected:
    """The secrets that an app names, and no others; ConfigError when one cannot be had.

    A release that ran before has its own on the server, and needs none from here.
    """
    app = declared(config, name)
    return required(config, app.secrets, name, app.environment)


def _gone_back(
    works: "list[_Work]", well: list[Deployed], on_event: OnEvent, error: SeawallError
) -> list[Deployed]:
    """Let servers serve again what they served before another one failed.

    Not where that one was lost on the way: how it ends is not known, and it may well serve.
    """
    if not isinstance(error, StepFailed | Refused):
        return well
    return [work.go_back(one, on_event) for work, one in zip(works, well, strict=False)]


def given(config: Config, name: str) -> dict[str, str]:
    """The secrets that an app names, and the addresses of the databases that it uses."""
    addresses = config.of(Databases).addresses(config, declared(config, name).uses)
    return {**addresses, **secrets_of(config, name).values}


def specification(app: App, env: dict[str, str]) -> dict[str, Any]:
    """What the server needs to know of an app."""
    return {
        "command": php.command(app.php) if app.php else app.process or app.command or "",
        "static": app.static or "",
        "build": app.build or "",
        "image": app.image or "",
        "port": app.port or 0,
        "scratch": list(app.scratch),
        "install": list(app.install),
        "health": {
            "path": app.health or "",
            "seconds": app.start_seconds,
            "host": app.domain or "",
        },
        "env": {**app.env, **env},
        "build_env": dict(app.env),
        "uploads": list(app.uploads),
        "instances": app.instances,
        "listens": bool(app.domain or app.health),
        "supervisor": app.supervisor,
        "memory": app.memory or "",
        "cpus": app.cpus or "",
        "drain": app.drain_seconds,
        "domain": app.domain or "",
        "before_switch": app.before_switch or "",
        "after_deploy": app.after_deploy or "",
        "keep": app.keep_releases,
    }


def how_built(app: App) -> str:
    """Stands for everything but the commit that a build depends on; secrets never reach it."""
    # Any variable may be an ARG of a Dockerfile, or stand in a page.
    every = app.build or app.static
    baked = {key: value for key, value in app.env.items() if every or BAKED.match(key)}
    how = app.build or [*app.install, *([app.static] if app.static else [])]
    whole = json.dumps([how, sorted(baked.items())])
    return hashlib.sha256(whole.encode()).hexdigest()[:16]


def reusable(app: App, wanted: Wanted, seen: Releases) -> int | None:
    """The release whose built code can serve again, when the commit and the build are its own."""
    now = seen.now
    if not (wanted.code and now) or wanted.build or app.image:
        return None
    return now.source if (now.sha, now.build) == (wanted.code.sha, how_built(app)) else None


@dataclass
class _Work:
    """One deploy on one server."""

    config: Config
    wanted: Wanted
    seen: Releases
    first: bool
    number: int
    secrets: dict[str, str] = field(default_factory=dict, repr=False)

    def can_begin(self) -> bool:
        """False when it is known beforehand that this server will not take it."""
        try:
            self._may_begin()
        except SeawallError:
            return False
        return True

    def go_back(self, done: Deployed, on_event: OnEvent) -> Deployed:
        """Serve again what was served before; a first release stays, nothing else could serve."""
        if done.before is None:
            return done
        wanted = Wanted(self.wanted.app, again=done.before)
        there = replace(self.seen, serving=done.serving)
        back = replace(self, wanted=wanted, seen=there, first=False).carry_out(on_event)
        changed = self.first and self.wanted.code and declared(self.config, done.app).before_switch
        warnings = (*done.warnings, *((NOT_UNDONE,) if changed else ()))
        told = {"serving": back.serving, "error": back.error, "warnings": warnings}
        return replace(done, gone_back=True, **told)  # type: ignore[arg-type]

    def carry_out(self, on_event: OnEvent) -> Deployed:
        """Send it, follow it; never raises for what the server says."""
        follow = Follow(self.seen, on_event)
        with follow:
            self._may_begin()
            document = self._document()
            payload = self.wanted.code.archive if document["bytes"] and self.wanted.code else None
            server = doors.server(self.config, self.seen.server)
            with doors.talk(server, document, payload) as talk:
                follow.through(talk)
        return follow.deployed()

    def _may_begin(self) -> None:
        if self.seen.error:
            raise self.seen.error
        server, name = self.seen.server, self.wanted.app
        domain = declared(self.config, name).domain
        if domain and domain not in self.seen.hosts:
            raise Refused(
                f"{server}: the proxy does not know {domain} yet, so nobody would reach {name}",
                f"seawall apply {server} tells it, then deploy again",
            )
        if self.wanted.restart and not self.seen.now:
            raise Refused(f"{server}: no release of {name} is serving", f"seawall deploy {name}")

    def _document(self) -> dict[str, Any]:
        app, code = declared(self.config, self.wanted.app), self.wanted.code
        source = reusable(app, self.wanted, self.seen)
        told = {"sha": code.sha, "author": code.author, "build": how_built(app)} if code else {}
        spec = specification(app, {**self.wanted.env, **self.secrets})
        spec["uploads"] += self.config.of(Databases).folders(app.uses, app.uploads)
        if not (self.first and code):
            # Once for a release, on one server; going back brings nothing new to the database.
            spec["before_switch"] = ""
        return {
            "mode": "deploy",
            "app": self.wanted.app,
            "owner": whoami(),
            "again": self.wanted.again,
            "restart": self.wanted.restart,
            "number": self.number,
            "source": source,
            "release": told,
            "bytes": code.size if code and source is None and not app.image else 0,
            "spec": spec,
        }


__all__ = [
    "Deployed",
    "Wanted",
    "declared",
    "deploy",
    "how_built",
    "look",
    "reusable",
    "secrets_of",
    "servers_of",
    "specification",
]
