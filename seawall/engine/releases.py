"""Which releases there are, which serves, and which one to go back to: asked from the servers."""

from dataclasses import replace
from typing import Any

from seawall.config import Config
from seawall.engine import doors
from seawall.errors import ConfigError, SeawallError
from seawall.features.scalability.apps import App, Apps
from seawall.kit.released import Release, Releases, Trouble


def declared(config: Config, name: str) -> App:
    """The app of this name."""
    apps = config.of(Apps).apps
    if name not in apps:
        there = f"there are: {', '.join(apps)}" if apps else "seawall.yml has no apps"
        raise ConfigError(f"no app is called {name}", there)
    return apps[name]


def servers_of(config: Config, app: str, only: str = "") -> list[str]:
    """The servers that an app runs on, or one of them."""
    declared(config, app)
    names = [name for name in config.servers if app in config.of(Apps).on(name)]
    if not names:
        raise ConfigError(f"{app} runs on no server", f"name them in apps.{app}.servers")
    if only and only not in names:
        raise ConfigError(f"{app} does not run on {only}", f"it runs on: {', '.join(names)}")
    return [only] if only else names


def look(config: Config, app: str, names: list[str]) -> list[Releases]:
    """The releases of an app on these servers; a server's error is part of the answer."""
    return doors.on_each(names, lambda name: _look(config, app, name))


def _look(config: Config, app: str, name: str) -> Releases:
    try:
        return _told(app, name, _asked(config, app, name))
    except SeawallError as error:
        return Releases(name, app, error=error)


def _asked(config: Config, app: str, name: str) -> dict[str, Any]:
    """What a server says of an app; whoever deploys next goes on with the same conversation."""
    asked = {"mode": "apps", "app": app, "stays": True}
    with doors.talk(doors.server(config, name), asked) as talk:
        for event in talk:
            if event["type"] == "crash":
                raise doors.crashed(name, event)
            if event["type"] == "apps":
                doors.got_in(config, talk, app)
                return event
    raise SeawallError(f"{name}: the connection was cut", "run it again")


def _told(app: str, name: str, event: dict[str, Any]) -> Releases:
    try:
        hosts = tuple(str(host) for host in event.get("hosts", ()))
        mine = next((each for each in event["apps"] if each["app"] == app), None)
        if mine is None:
            return Releases(name, app, hosts=hosts)
        found = [Release.told(each) for each in mine["releases"]]
        ordered = tuple(sorted(found, key=lambda each: -each.number))
        serving = None if mine["serving"] is None else int(mine["serving"])
        crashes, hung = Trouble.told(mine.get("crashes")), Trouble.told(mine.get("hung"))
        seen = Releases(name, app, ordered, serving, mine.get("running"), hosts=hosts)
        return replace(seen, crashes=crashes, hung=hung)
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        problem = f"{name} told something that makes no sense: {type(error).__name__}: {error}"
        raise SeawallError(problem, "if it happens again, report it") from error
