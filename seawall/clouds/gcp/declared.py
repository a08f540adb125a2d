"""What seawall.yml wants of Google, in plain values: what the parts beside this one start from."""

import re
from dataclasses import dataclass, field

MARK = "seawall"
"""The label that tells what is ours; its value is the project of seawall.yml."""


@dataclass(frozen=True)
class Instance:
    """A server of seawall.yml that is an instance of Compute Engine."""

    server: str
    zone: str
    name: str
    id: str = ""
    """Its number, as metrics name it; "" while nobody has asked."""

    @property
    def region(self) -> str:
        """The region its zone is in: europe-west1 of europe-west1-b."""
        return self.zone.rpartition("-")[0]


@dataclass(frozen=True)
class Schedule:
    """How often disks are copied, how many copies stay, and where they lie."""

    every: int
    """Seconds: whole hours up to 23, a day, or a week."""
    keep: int
    location: str = ""
    """A region or multi-region of Cloud Storage, such as eu; "" for the nearest."""
    at: int = 3
    """The hour in UTC at which the first of the day begins."""


@dataclass(frozen=True)
class Alarms:
    """Who is told when, by Google itself."""

    email: tuple[str, ...] = ()
    slack: str = ""
    """The channel, such as #ops."""
    slack_token: str = field(default="", repr=False)
    cpu: float = 0.9
    """The part of all processors in use, for 15 minutes."""
    disk: float = 85.0
    """Percent of a disk in use; known to Google only where its Ops Agent runs."""
    pages: tuple[tuple[str, str], ...] = ()
    """What is asked over HTTPS from outside: (host, path)."""
    port: int = 22
    """What is knocked on from outside where there is no page."""
    budget: int = 0
    """Units of the account's currency a month; 0 for none."""


@dataclass(frozen=True)
class Bucket:
    """Where backups go."""

    name: str
    location: str
    days: int = 30
    """How long what was deleted or replaced can be had back."""


@dataclass(frozen=True)
class Declared:
    """All of it."""

    label: str
    """The project of seawall.yml, as a label's value."""
    project: str
    """Google's project."""
    instances: tuple[Instance, ...] = ()
    schedule: Schedule | None = None
    alarms: Alarms | None = None
    bucket: Bucket | None = None

    @property
    def labels(self) -> dict[str, str]:
        """What marks a thing as ours."""
        return {MARK: self.label}

    @property
    def description(self) -> str:
        """What marks a thing as ours that can have no labels."""
        return f"{MARK}:{self.label}"

    def named(self, what: str) -> str:
        """The name of a thing of ours: seawall-acme-snapshots; 63 characters at most."""
        return f"{MARK}-{self.label}-{what}"[:63].rstrip("-")


def label(name: str) -> str:
    """A name as a label's value: lower case, letters, digits and dashes, 40 characters at most."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40].rstrip("-")
