"""What seawall.yml wants of Google, in Google's words: names, marks and places."""

import re
from dataclasses import dataclass

from seawall.errors import ConfigError
from seawall.kit.cloud import Alarms, BucketSettings, Gcp, Snapshots, Wanted
from seawall.kit.cloud.contract import TAG


@dataclass(frozen=True)
class Machine:
    """A server of seawall.yml that is an instance of Compute Engine."""

    server: str
    zone: str
    name: str

    @property
    def region(self) -> str:
        """The region its zone is in: europe-west1 of europe-west1-b."""
        return self.zone.rpartition("-")[0]


@dataclass(frozen=True)
class Declared:
    """All of it, for one project of Google's."""

    project: str
    label: str
    """The project of seawall.yml, as a label's value."""
    machines: tuple[Machine, ...]
    settings: Gcp
    wanted: Wanted

    @property
    def labels(self) -> dict[str, str]:
        """What marks a thing as ours."""
        return {TAG: self.label}

    @property
    def description(self) -> str:
        """What marks a thing as ours that can have no labels."""
        return f"{TAG}={self.label}"

    @property
    def snapshots(self) -> Snapshots | None:
        return self.settings.snapshots

    @property
    def alarms(self) -> Alarms | None:
        return self.settings.alarms

    @property
    def bucket(self) -> BucketSettings | None:
        return self.settings.bucket

    def named(self, what: str) -> str:
        """The name of a thing of ours: seawall-acme-snapshots; 63 characters at most."""
        return f"{TAG}-{self.label}-{what}"[:63].rstrip("-")

    def machine(self, server: str) -> Machine:
        """The instance of a server; ConfigError when it is none here."""
        found = next((each for each in self.machines if each.server == server), None)
        if found is None:
            raise ConfigError(
                f"{server} is no instance of Google's in seawall.yml",
                f"servers: {{ {server}: {{ cloud: {{ gcp: project/zone/instance }} }} }}",
            )
        return found


def declared(wanted: Wanted) -> Declared:
    """What is wanted, read; ConfigError when it is not of one project of Google's."""
    settings = wanted.settings
    assert isinstance(settings, Gcp)
    placed = {name: (each.gcp or "").split("/") for name, each in wanted.servers.items()}
    projects = {each[0] for each in placed.values()} | {settings.project or ""} - {""}
    if len(projects) != 1:
        told = ", ".join(sorted(projects)) or "none"
        raise ConfigError(
            f"cloud.gcp: one project is wanted, got {told}",
            "cloud: { gcp: { project: acme-prod } }",
        )
    machines = tuple(Machine(server, each[1], each[2]) for server, each in placed.items())
    return Declared(projects.pop(), label(wanted.project), machines, settings, wanted)


def label(name: str) -> str:
    """A name as a label's value: lower case, letters, digits and dashes, 40 characters at most."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40].rstrip("-")
