"""Facts by hand, for tests of what a check makes of them; facts are data, nothing is faked."""

from typing import Any

from seawall.agent.probes.public_keys import public_key
from seawall.kit.check import Finding, Look

DANA = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB0Yt0mCvWdpSu8mzYJt1M5rPtYWYhJr7eT4xO3nNtcF dana"


def key(line: str) -> dict[str, Any]:
    """A key as the accounts probe tells it."""
    return {**(public_key(line) or {}), "path": "/home/x/.ssh/authorized_keys"}


def account(name: str, uid: int = 1000, **more: Any) -> dict[str, Any]:
    """An account as the accounts probe tells it: open, without password or keys."""
    plain = {"name": name, "uid": uid, "home": f"/home/{name}", "shell": "/bin/bash"}
    plain |= {"login": True, "hash": "locked", "expired": False, "processes": 0}
    return {**plain, "groups": [], "keys": [], "loose": [], **more}


def door(port: int, process: str = "app", **more: Any) -> dict[str, Any]:
    """A listening socket as the listeners probe tells it: of a service, open to everybody."""
    plain = {"protocol": "tcp", "family": 4, "address": "0.0.0.0", "port": port}  # noqa: S104
    plain |= {"reach": "everywhere", "pid": 900, "process": process, "user": "app"}
    plain |= {"unit": f"{process}.service", "started_by": "service", "folder": "/srv/app"}
    return {**plain, "program": "/usr/bin/app", "development": "", "core_bytes": 0, **more}


class Described:
    """As much of a Config as checks ask for."""

    def __init__(self, *features: Any, ports: tuple[Any, ...] = ()) -> None:
        self.features = features
        self._ports = ports

    def section(self, name: str) -> Any:
        """The section of this name."""
        return next(feature for feature in self.features if feature.section == name)

    def ports(self, server: str) -> tuple[Any, ...]:
        """The declared ports."""
        return self._ports


def findings(
    feature: Any,
    method: str,
    facts: dict[str, Any],
    *,
    outside: dict[str, Any] | None = None,
    described: bool = True,
    config: Any = None,
) -> list[Finding]:
    """What a check finds in these facts."""
    stands = config or Described(feature)
    look = Look(stands, "web1", described, facts, outside or {})
    return list(getattr(feature, method)(look))


def problems(feature: Any, method: str, facts: dict[str, Any], **more: Any) -> list[str]:
    """The problems a check finds in these facts."""
    return [finding.problem for finding in findings(feature, method, facts, **more)]
