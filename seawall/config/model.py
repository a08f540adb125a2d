"""Everything seawall.yml says, validated completely; features ask it for the sum.

Firewall opens what others declared, the runbook prints what others declared: they meet here.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from seawall.config.problem import Path as Place
from seawall.config.problem import Problem, report, shown
from seawall.config.servers import ServerSettings
from seawall.errors import ConfigError
from seawall.features import FEATURES
from seawall.features.stability.cloud import Cloud
from seawall.kit import Dataset, Feature, Port, Site, Use
from seawall.kit.fleet import Fleet

if TYPE_CHECKING:
    from seawall.agent.steps import Step

Some = TypeVar("Some", bound=Feature)


@dataclass(frozen=True)
class Config:
    """A whole seawall.yml. Every registered feature is there, with defaults when not written."""

    project: str = ""
    servers: dict[str, ServerSettings] = field(default_factory=dict)
    features: tuple[Feature, ...] = ()
    path: Path | None = None
    name: str = "seawall.yml"
    """What the file is called in messages."""
    lines: dict[Place, int] = field(default_factory=dict)
    described: bool = True
    """False when no seawall.yml stands behind this."""
    unresolved_keys: tuple[tuple[str, str], ...] = ()
    """Person and `github:user` for each key that was never looked up; see `keys.resolve`."""
    looked_up_keys: tuple[tuple[str, str], ...] = ()
    """Person and `github:user` for each key that comes from there, pinned or not."""
    fleet: Fleet = field(default_factory=Fleet)
    """How its servers know each other, once they were asked."""

    @classmethod
    def undescribed(cls, target: str) -> "Config":
        """The Config of one server that nobody described, for `seawall check root@HOST`."""
        try:
            server = ServerSettings.model_validate({"host": target})
        except ValueError as error:
            raise _bad_target(target, error) from None
        features = tuple(feature() for feature in FEATURES)
        name = server.address.host
        return cls("", {name: server}, features, described=False)

    def of(self, kind: type[Some]) -> Some:
        """The section of a feature's class."""
        return next(feature for feature in self.features if isinstance(feature, kind))

    def section(self, name: str) -> Feature:
        """The section of this name."""
        return next(feature for feature in self.features if feature.section == name)

    def ports(self, server: str) -> tuple[Port, ...]:
        """Every port of a server that must answer from outside."""
        return tuple(sorted(set(self._sum(lambda feature: feature.ports(self, server)))))

    def sites(self, server: str) -> tuple[Site, ...]:
        """Every domain that a server answers over TLS."""
        return tuple(sorted(set(self._sum(lambda feature: feature.sites(self, server)))))

    def limits(self, server: str) -> tuple[str, ...]:
        """What was declared for a server and cannot be given there."""
        return tuple(self._sum(lambda feature: feature.limits(self, server)))

    def datasets(self, server: str) -> tuple[Dataset, ...]:
        """Everything on a server that must not be lost."""
        return tuple(self._sum(lambda feature: feature.datasets(self, server)))

    def units(self, server: str) -> tuple[str, ...]:
        """Every systemd unit of a server that must keep running."""
        return tuple(self._sum(lambda feature: feature.units(self, server)))

    def rules(self, server: str) -> tuple[Any, ...]:
        """Everything about a server that somebody must be told."""
        return tuple(self._sum(lambda feature: feature.rules(self, server)))

    def uses(self) -> tuple[Use, ...]:
        """Every secret that something needs."""
        return tuple(self._sum(lambda feature: feature.uses(self)))

    def runbook(self, server: str) -> tuple[str, ...]:
        """What a person needs to know about a server."""
        return tuple(self._sum(lambda feature: feature.runbook(self, server)))

    def steps(self, server: str) -> "list[tuple[str, Step]]":
        """What must be true on a server, in order, each with the section that wants it.

        ConfigError while a key was never looked up: without it, its owner would be locked out.
        """
        if self.unresolved_keys:
            raise self._not_looked_up(*self.unresolved_keys[0])
        return [
            (feature.section, step)
            for feature in self.features
            for step in feature.steps(self, server)
        ]

    @property
    def accounts(self) -> tuple[str, ...]:
        """The cloud accounts that are declared: `cloud:aws`, `cloud:gcp`."""
        return tuple(self.of(Cloud).accounts(self)) if self.described else ()

    def line_of(self, *path: str | int) -> int:
        """The line that says this, or the nearest one above it that says something."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def _not_looked_up(self, person: str, source: str) -> ConfigError:
        place = ("people", person, "keys")
        problem = f"{source} was never looked up"
        hint = "seawall plan looks it up and pins it in seawall.lock.yml"
        return report(self.name, [Problem(self.line_of(*place), place, problem, hint)])

    def _sum(self, ask: Callable[[Feature], Iterable[Any]]) -> Iterator[Any]:
        for feature in self.features:
            yield from ask(feature)


def _bad_target(target: str, error: Any) -> ConfigError:
    fault = error.errors()[0]["ctx"]["faults"][0]
    value = f", got {shown(target)}" if fault.shown else ""
    return ConfigError(f"{fault.problem}{value}", fault.hint)
