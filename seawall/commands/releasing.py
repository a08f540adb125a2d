"""From what was typed to a release that serves: shared by deploy, rollback, restart and up."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from seawall.commands.servers import described, known
from seawall.errors import ConfigError
from seawall.report.screen import Output

if TYPE_CHECKING:
    from seawall.config import Config
    from seawall.engine.deploying import Wanted
    from seawall.kit import Event
    from seawall.kit.released import Deployed, Releases
    from seawall.report.deployed import Ended

    Seen = dict[str, list[Releases]]
    """What is known already, by app."""


@dataclass
class Target:
    """Apps of the nearest seawall.yml, and the servers that are meant."""

    config: "Config"
    apps: list[str]
    server: str = ""
    warnings: list[str] = field(default_factory=list)
    """What is to be said at the end, whatever happens."""

    def servers(self, app: str) -> list[str]:
        """The servers of one app that are meant."""
        from seawall.engine.releases import servers_of

        return servers_of(self.config, app, self.server)


def target(named: str | None, server: str | None = None) -> Target:
    """The app that was named, or all; only on one server when one was named."""
    every = declared_apps(server or "")
    if every is None:
        config, _ = described(())
        where = f" on {server}" if server else ""
        hint = "seawall explain apps shows what to write"
        raise ConfigError(f"{config.name}: no apps are declared{where}", hint)
    if named:
        from seawall.features.scalability.apps import Apps

        every.apps = [known(named, every.config.of(Apps).apps, "app in seawall.yml")]
    return every


def declared_apps(server: str) -> Target | None:
    """Every app, of one server when it is named; None where there is none."""
    from seawall.features.scalability.apps import Apps

    config, _ = described([server] if server else ())
    apps = config.of(Apps)
    there = [*apps.on(server)] if server else [*apps.apps]
    return Target(config, there, server) if there else None


def due(output: Output, target: Target) -> Target | None:
    """The apps that serve nothing, or not the last commit, somewhere."""
    from seawall.repository.archive import head

    assert target.config.path
    sha = head(target.config.path.parent)
    wanted = [
        app
        for app in target.apps
        if any(not one.now or one.now.sha != sha for one in look(output, target, app))
    ]
    return replace(target, apps=wanted) if wanted else None


def look(output: Output, target: Target, app: str) -> "list[Releases]":
    """The releases of an app on the servers that are meant."""
    from seawall.engine import releases
    from seawall.report.live import waiting

    names = target.servers(app)
    with waiting(output, f"{', '.join(names)}: looking"):
        return releases.look(target.config, app, names)


@dataclass
class Watch:
    """Hands events on, and knows where a deploy goes on without us."""

    tell: "Callable[[Event], None]"
    app: str
    going: set[str] = field(default_factory=set)

    def __call__(self, event: "Event") -> None:
        if event.type == "end":
            self.going.discard(event.server)
        else:
            self.going.add(event.server)
        self.tell(event)

    def stays(self) -> str:
        """For somebody who interrupts."""
        if not self.going:
            return "Nothing was released: the code was still on its way."
        where = ", ".join(sorted(self.going))
        return (
            f"Stopped watching. The deploy of {self.app} on {where} goes on; "
            f"how it ends: seawall releases {self.app}"
        )


def carry_out(
    output: Output, target: Target, wanted: "Callable[[str], Wanted]", seen: "Seen | None" = None
) -> int:
    """Release every app in turn until one fails, tell how it ended; the exit code."""
    from seawall.report import deployed as report

    began = time.monotonic()
    ended = report.Ended([], 0)
    for app in target.apps:
        if any(one.error for one in ended.deployed):
            ended.left_out.append(app)
            continue
        there = (seen or {}).get(app) or look(output, target, app)
        done = _one(output, target, wanted(app), there)
        ended.deployed += done
        tried = {one.server for one in done}
        ended.left_out += [f"{app} on {one.server}" for one in there if one.server not in tried]
    _learned(output, target, ended)
    ended.seconds = time.monotonic() - began
    report.report(ended, output)
    return report.exit_code(ended)


def _one(
    output: Output, target: Target, wanted: "Wanted", seen: "list[Releases]"
) -> "list[Deployed]":
    from seawall.engine import deploying
    from seawall.report.progress import following

    with following(output, [one.server for one in seen], "deploy") as on_event:
        watch = Watch(on_event, wanted.app)
        output.stays = watch.stays
        return deploying.deploy(target.config, wanted, watch, seen)


def _learned(output: Output, target: Target, ended: "Ended") -> None:
    """What is told besides: a likely cause, what visitors get, what is next."""
    from seawall.engine.visiting import visit

    failed = [one for one in ended.deployed if one.error]
    ended.warnings += target.warnings
    if failed:
        ended.hint = _hint(target, failed[0])
        return
    output.stays = lambda: "Everything is deployed; only the last look was interrupted."
    well = {one.app: one.server for one in ended.deployed}
    seen = (visit(target.config, app, server) for app, server in well.items())
    ended.visits += [one for one in seen if one]
    first = any(one.before is None for one in ended.deployed)
    ended.follow = "seawall check" if first else ""


def _hint(target: Target, one: "Deployed") -> str:
    from seawall.engine.releases import declared
    from seawall.report import deployed as report
    from seawall.report.likely import Case

    app = declared(target.config, one.app)
    where = f"{target.config.name}:{target.config.line_of('apps', one.app)}"
    problem = one.error.problem if one.error else ""
    case = Case(
        one.app,
        one.server,
        one.step,
        problem,
        "\n".join(one.output),
        migrates=bool(app.before_switch),
        where=where,
        domain=app.domain or "",
    )
    return report.hint(case, one)
