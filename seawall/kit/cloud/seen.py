"""What is seen in an account, in words that every cloud shares; times are epoch seconds.

A part that could not be read is Unknown: it is said, and never counted as fine.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from seawall.kit.check import Unknown


@dataclass(frozen=True)
class Instance:
    """A running machine."""

    id: str
    name: str
    region: str
    state: str = "running"
    public: str = ""
    private: str = ""
    disks: tuple[str, ...] = ()
    metadata_open: bool = False
    """True when its metadata service answers without a token."""
    burstable: bool = False
    ours: bool = False


@dataclass(frozen=True)
class Disk:
    id: str
    region: str
    instance: str = ""
    """What it is attached to, or nothing."""
    encrypted: bool = True
    gigabytes: int = 0
    dollars: float = 0.0
    """About what it costs a month."""


@dataclass(frozen=True)
class Snapshot:
    id: str
    region: str
    disk: str
    at: float
    complete: bool = True
    encrypted: bool = True
    gigabytes: int = 0
    public: bool = False
    ours: bool = False
    copied: bool = False
    """True when it is a copy of another region's."""


@dataclass(frozen=True)
class Image:
    id: str
    region: str
    public: bool = False


@dataclass(frozen=True)
class Opening:
    """A rule that lets somebody in."""

    id: str
    """Of the group or rule, as the provider's console shows it."""
    region: str
    protocol: str
    first: int
    last: int
    sources: tuple[str, ...]
    instances: tuple[str, ...] = ()
    """Which instances it holds for."""

    @property
    def world(self) -> bool:
        """True when it is open to everybody."""
        return any(each in ("0.0.0.0/0", "::/0") for each in self.sources)

    def covers(self, port: int) -> bool:
        """True when this port is open over TCP."""
        return self.protocol in ("tcp", "all") and self.first <= port <= self.last


@dataclass(frozen=True)
class ManagedDatabase:
    id: str
    region: str
    public: bool = False
    backup_days: int = 7
    protected: bool = True
    """True when it cannot be deleted by one call."""
    encrypted: bool = True


@dataclass(frozen=True)
class Bucket:
    name: str
    public: bool = False
    why: str = ""
    """What makes it public."""
    blocked: bool = True
    """True when the provider refuses to make it public."""
    ours: bool = False


@dataclass(frozen=True)
class Login:
    """A person's or program's login to the account itself; `root` may do everything."""

    name: str
    root: bool = False
    second_factor: bool = True
    keys: int = 0
    """Access keys of root, which should have none."""


@dataclass(frozen=True)
class AccessKey:
    id: str
    owner: str
    at: float


@dataclass(frozen=True)
class Address:
    """A public address that is paid for."""

    id: str
    region: str
    ip: str
    attached: bool
    dollars: float = 0.0


@dataclass(frozen=True)
class Alarm:
    """Something that tells somebody; `instance` for those about a machine."""

    name: str
    region: str
    instance: str = ""
    kind: str = ""
    """What it watches: dead, cpu, credits, billing or something else."""
    tells: tuple[str, ...] = ()
    """Who is told: confirmed receivers only."""
    state: str = ""


@dataclass(frozen=True)
class Spending:
    """What tells about money."""

    name: str


@dataclass(frozen=True)
class Schedule:
    """A schedule of snapshots."""

    id: str
    region: str
    ours: bool
    enabled: bool
    trouble: str = ""


Part = TypeVar("Part")


@dataclass(frozen=True)
class Account:
    """All that was seen in one account."""

    cloud: str
    id: str
    regions: tuple[str, ...]
    parts: Mapping[type[Any], tuple[Any, ...] | Unknown] = field(default_factory=dict)
    calls: int = 0
    """Requests that it took."""
    now: float = 0.0

    def all(self, part: type[Part]) -> tuple[Part, ...]:
        """Everything of one kind; Unknown when it could not be read."""
        found = self.parts.get(part, Unknown(f"{self.cloud} does not tell"))
        if isinstance(found, Unknown):
            raise Unknown(found.why, found.fix)
        return found
