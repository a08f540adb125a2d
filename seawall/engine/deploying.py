"""Releases: sent to servers, followed until they serve or have failed, listed, and gone back to.

The work is the server's; here its events become lines for whoever waits.
"""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from seawall.config import Config
from seawall.engine import doors
from seawall.errors import ConfigError, Refused, SeawallError, StepFailed
from seawall.features.scalability.apps import App, Apps
from seawall.kit import Event
from seawall.repository.archive import Code
from seawall.server import whoami
from seawall.server.talk import Talk

OnEvent = Callable[[Event], None]


@dataclass(frozen=True)
class Deployed:
    """How a deploy ended on one server."""

    server: str
    app: str
    number: int = 0
    serving: int | None = None
    seconds: float = 0.0
    warnings: tuple[str, ...] = ()
    error: SeawallError | None = None


@dataclass(frozen=True)
class Wanted:
    """What to release: new code, or an older release again."""

    app: str
    code: Code | None = None
    again: int | None = None
    env: dict[str, str] = field(default_factory=dict)


def deploy(config: Config, wanted: Wanted, on_event: OnEvent) -> list[Deployed]:
    """Release an app on every server that has it."""
    app = declared(config, wanted.app)
    names = [name for name in config.servers if wanted.app in config.of(Apps).on(name)]
    if not names:
        raise ConfigError(f"{wanted.app} runs on no server", "name them in apps.<app>.servers")
    missing = [name for name in app.secrets if name not in os.environ]
    if missing and wanted.again is None:
        raise ConfigError(
            f"{', '.join(missing)}: secret of {wanted.app}, not in the environment",
            f"export {missing[0]}=…, or take it out of apps.{wanted.app}.secrets",
        )
    return [Work(config, name, wanted, on_event).carry_out() for name in names]


def declared(config: Config, name: str) -> App:
    """The app of this name."""
    apps = config.of(Apps).apps
    if name not in apps:
        there = f"there are: {', '.join(apps)}" if apps else "seawall.yml has no apps"
        raise ConfigError(f"no app is called {name}", there)
    return apps[name]


def specification(app: App, env: dict[str, str]) -> dict[str, Any]:
    """What the server needs to know of an app."""
    return {
        "command": app.process,
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
        "memory": app.memory or "",
        "cpus": app.cpus or "",
        "drain": app.drain_seconds,
        "domain": app.domain or "",
        "before_switch": app.before_switch or "",
        "after_deploy": app.after_deploy or "",
        "keep": app.keep_releases,
    }


def look(config: Config, names: list[str]) -> dict[str, list[dict[str, Any]]]:
    """Every app with its releases, by server."""
    found = doors.on_each(names, lambda name: (name, _apps_of(config, name)))
    return dict(found)


def _apps_of(config: Config, name: str) -> list[dict[str, Any]]:
    with doors.talk(doors.server(config, name), {"mode": "apps"}) as talk:
        for event in talk:
            if event["type"] == "crash":
                raise doors.crashed(name, event)
            if event["type"] == "apps":
                return list(event["apps"])
    raise SeawallError(f"{name}: the connection was cut", "run it again")


@dataclass
class Work:
    """One deploy on one server, as seen from here."""

    config: Config
    name: str
    wanted: Wanted
    on_event: OnEvent
    number: int = 0
    warnings: list[str] = field(default_factory=list)
    stopped: Event | None = None
    """The step that did not work."""

    def carry_out(self) -> Deployed:
        """Send it, follow it; never raises for what the server says."""
        began = time.monotonic()
        serving: int | None = None
        error: SeawallError | None = None
        try:
            serving = self._follow()
        except SeawallError as failed:
            error = failed
        seconds = time.monotonic() - began
        self.on_event(Event("end", self.name, ok=error is None, seconds=seconds))
        warnings = tuple(self.warnings)
        return Deployed(self.name, self.wanted.app, self.number, serving, seconds, warnings, error)

    def _document(self) -> dict[str, Any]:
        app = declared(self.config, self.wanted.app)
        secrets = {name: os.environ[name] for name in app.secrets if name in os.environ}
        code = self.wanted.code
        return {
            "mode": "deploy",
            "app": self.wanted.app,
            "owner": whoami(),
            "again": self.wanted.again,
            "release": {"sha": code.sha, "author": code.author} if code else {},
            "bytes": code.size if code else 0,
            "spec": specification(app, {**self.wanted.env, **secrets}),
        }

    def _follow(self) -> int | None:
        server = doors.server(self.config, self.name)
        payload = self.wanted.code.archive if self.wanted.code else None
        with doors.talk(server, self._document(), payload) as talk:
            for event in talk:
                if event["type"] == "done":
                    return event.get("serving")
                self._heard(event)
            raise self._cut(talk)

    def _cut(self, talk: Talk) -> SeawallError:
        return SeawallError(
            f"{self.name}: the connection was cut: {talk.said().strip()[-200:]}",
            "the deploy goes on on the server; seawall releases shows how it ended",
        )

    def _heard(self, event: dict[str, Any]) -> None:
        """Take note of one event; raises what ended the deploy."""
        heard = getattr(self, f"_on_{event['type']}", None)
        if heard:
            heard(event)

    def _on_release(self, event: dict[str, Any]) -> None:
        self.number = event["number"]

    def _on_start(self, event: dict[str, Any]) -> None:
        self.on_event(Event("start", self.name, self._feature(event), event["what"]))

    def _on_step(self, event: dict[str, Any]) -> None:
        feature, seconds = self._feature(event), event["seconds"]
        told = Event("step", self.name, feature, event["note"], event["ok"], seconds)
        if event["ok"]:
            self.on_event(told)
        else:
            self.stopped = told

    def _feature(self, event: dict[str, Any]) -> str:
        return f"{self.wanted.app} {event['what']}"

    def _on_warning(self, event: dict[str, Any]) -> None:
        self.warnings.append(event["what"])

    def _on_crash(self, event: dict[str, Any]) -> None:
        raise doors.crashed(self.name, event)

    def _on_busy(self, event: dict[str, Any]) -> None:
        raise Refused(
            f"{self.name}: {event['owner'] or 'somebody'} has been deploying {self.wanted.app} "
            f"for {event['since']} s",
            "wait until it is done, then try again",
        )

    def _on_failed(self, event: dict[str, Any]) -> None:
        output = tuple(event.get("output", "").strip().splitlines()[-20:])
        if self.stopped:
            self.on_event(replace(self.stopped, what=event["problem"], output=output))
        serving = event.get("serving")
        still = f"your users noticed nothing: release {serving} is serving"
        raise StepFailed(
            f"{self.name}: {self.wanted.app} release {self.number}: {event['problem']}",
            still if serving else "no release was serving before, and none is now",
        )
