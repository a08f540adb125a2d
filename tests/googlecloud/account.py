"""An account's resources, kept between requests, and what is done to them generically."""

import copy
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

Resource = dict[str, Any]
ROOT = "https://www.googleapis.com/compute/v1/"


class Refused(Exception):
    """How Google refuses a request that is well-formed."""

    def __init__(self, status: int, why: str, reason: str = "") -> None:
        super().__init__(why)
        self.status, self.why = status, why
        self.reason = reason or {404: "notFound", 409: "alreadyExists"}.get(status, "invalid")


@dataclass
class Account:
    """Everything there is, by its name from the API on: `compute/projects/p/zones/z/disks/d`."""

    things: dict[str, Resource] = field(default_factory=dict)
    waiting: dict[str, tuple[int, Callable[[], None]]] = field(default_factory=dict)
    denied: set[str] = field(default_factory=set)
    slow: int = 1
    """How often an operation is asked about before it is done."""
    page: int = 500
    numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1000))

    def get(self, name: str) -> Resource:
        """One thing; refused as Google does when it is not there."""
        if name not in self.things:
            raise Refused(404, f"The resource '{name}' was not found")
        return self.things[name]

    def put(self, name: str, thing: Resource) -> Resource:
        """A new thing."""
        if name in self.things:
            raise Refused(409, f"The resource '{name}' already exists")
        self.things[name] = thing
        return thing

    def below(self, name: str) -> list[tuple[str, Resource]]:
        """What stands directly in a collection, by name."""
        depth = name.count("/") + 1
        inside = (key for key in self.things if key.startswith(f"{name}/"))
        return [(key, self.things[key]) for key in sorted(inside) if key.count("/") == depth]

    def everywhere(self, project: str, collection: str) -> dict[str, list[Resource]]:
        """A collection of compute in all zones and regions, by scope: "zones/europe-west1-b"."""
        found: dict[str, list[Resource]] = {}
        for key in sorted(self.things):
            parts = key.split("/")
            if parts[:3] == ["compute", "projects", project] and parts[-2] == collection:
                found.setdefault("/".join(parts[3:-2]), []).append(self.things[key])
        return found

    def number(self) -> str:
        """An identifier that nothing else has."""
        return str(next(self.numbers))


def now() -> str:
    """As Google writes it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def merge(thing: Resource, changes: Resource) -> None:
    """PATCH as JSON merge: objects are merged, null takes away, all else is replaced."""
    for key, value in changes.items():
        if value is None:
            thing.pop(key, None)
        elif isinstance(value, dict) and isinstance(thing.get(key), dict):
            merge(thing[key], value)
        else:
            thing[key] = copy.deepcopy(value)
