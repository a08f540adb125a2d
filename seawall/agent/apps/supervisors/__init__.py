"""Who starts an instance at boot and again after a crash: kinds behind one contract.

Whoever it is, an instance runs as the app's own user, with its environment from a file of root's,
comes back after each crash, later and later but for ever, and can be stopped for good.
"""

from __future__ import annotations

import importlib
import os
from typing import Any, Dict, List, Sequence, Set, Tuple

from seawall.agent.apps.records import App, Release

Spec = Dict[str, Any]
KINDS = {
    "systemd": "systemd:Systemd",
    "sysv": "sysv:SysV",
    "cron": "cron:Cron",
    "supervisor": "supervisord:Supervisord",
    "pm2": "pm2:Pm2",
}
"""Where each kind is; imported when it is used, because the watch stays in memory."""


class Supervisor:
    """What every kind can do with instances; each is known by the name of its unit."""

    def missing(self) -> str:
        """What this server lacks for this kind, "" when nothing."""
        raise NotImplementedError

    def write(self, app: App, release: Release, spec: Spec) -> None:
        """Write what it needs to start every instance of a release."""
        raise NotImplementedError

    def path(self, unit: str) -> str:
        """Where what starts an instance at boot is written."""
        raise NotImplementedError

    def texts(self, app: App, release: Release, spec: Spec) -> Dict[str, str]:
        """What is written there, by unit; looks at nothing on this machine."""
        raise NotImplementedError

    def start(self, units: Sequence[str]) -> None:
        """Start instances now."""
        raise NotImplementedError

    def keep(self, units: Sequence[str]) -> None:
        """Start instances at boot from now on, and now where they do not run."""
        raise NotImplementedError

    def revive(self, units: Sequence[str]) -> None:
        """Look after instances that have nobody who would start them again."""

    def stop(self, units: Sequence[str], seconds: float) -> None:
        """Stop instances, at the latest when so many seconds are over, and forget them."""
        raise NotImplementedError

    def kill(self, unit: str) -> None:
        """End an instance the hard way; it is started again."""
        raise NotImplementedError

    def lives(self, units: Sequence[str]) -> bool:
        """True when every one of them runs."""
        raise NotImplementedError

    def ended(self, unit: str) -> str:
        """How an instance ended by itself since it was started, "" when it did not."""
        raise NotImplementedError

    def ends(self, unit: str) -> Tuple[int, float]:
        """How often it ended by itself, and the seconds since the last time."""
        raise NotImplementedError

    def last_lines(self, unit: str) -> str:
        """The last lines it wrote."""
        raise NotImplementedError

    def main(self, unit: str) -> int:
        """The id of what was started first in it, 0 when it does not run."""
        raise NotImplementedError

    def programs(self, unit: str) -> Set[str]:
        """The ids of everything that runs in it."""
        raise NotImplementedError

    def starts_at_boot(self, unit: str) -> bool:
        """True when it is started at the next boot."""
        return os.path.lexists(self.path(unit))

    def there(self, app: App) -> List[str]:
        """Every instance of an app that this kind knows of, whatever is written down."""
        raise NotImplementedError


def named(kind: str) -> Supervisor:
    """The kind of this name."""
    module, name = KINDS[kind].split(":")
    found: Supervisor = getattr(importlib.import_module(f"{__name__}.{module}"), name)()
    return found


def of(release: Release) -> Supervisor:
    """The kind that a release was started under."""
    return named(release.supervisor if release.supervisor in KINDS else "systemd")
