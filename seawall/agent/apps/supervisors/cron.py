"""cron: a line for each instance that starts its keeper at boot, and one that does so each minute.

The keeper starts the app again at once; one that was killed is back within a minute, or sooner by
the watch.
"""

from __future__ import annotations

import os
import re
from typing import Sequence

from seawall.agent import system
from seawall.agent.apps.kept_state import bare
from seawall.agent.apps.records import App
from seawall.agent.apps.supervisors.kept import Kept

LINES = """\
# Written by seawall; seawall deploy makes a new one. {told}.
@reboot root {command} >/dev/null 2>&1
* * * * * root {command} >/dev/null 2>&1
"""
WAITING = "/var/lib/app-cron"
"""Where the lines of a release lie that must not start at boot yet."""


class Cron(Kept):
    kind = "cron"
    folder = "/etc/cron.d"
    mode = 0o644

    def missing(self) -> str:
        there = os.path.isdir(self.folder) and os.path.exists("/usr/sbin/cron")
        return "" if there else "cron is not installed"

    def draft(self, unit: str) -> str:
        return self._waiting(unit)

    def text(self, unit: str, told: str, command: str, seconds: int) -> str:
        return LINES.format(told=told, command=command)

    def begin(self, units: Sequence[str]) -> None:
        for unit in units:
            words = self._command(unit)
            if words:
                system.start_apart(f"kept-{bare(unit)}-{os.getpid()}", words)

    def _command(self, unit: str) -> "list[str]":
        """The keeper's own words, as they stand in its lines."""
        for path in (self.path(unit), self._waiting(unit)):
            for line in (system.read(path) or b"").decode().splitlines():
                if line.startswith("@reboot root "):
                    return line[len("@reboot root ") :].split(" >", 1)[0].split()
        return []

    def _waiting(self, unit: str) -> str:
        system.private_folder(WAITING)
        return f"{WAITING}/{bare(unit)}"

    def there(self, app: App) -> "list[str]":
        waiting = os.listdir(WAITING) if os.path.isdir(WAITING) else []
        mine = re.compile(rf"app-{app.name}-\d+-\d+")
        return sorted(
            {*super().there(app), *(f"{name}.service" for name in waiting if mine.fullmatch(name))}
        )

    def at_boot(self, units: Sequence[str]) -> None:
        for unit in units:
            waiting = self._waiting(unit)
            if content := system.read(waiting):
                system.write(f"{self.folder}/{bare(unit)}", content, system.Ownership(0o644, 0, 0))
                system.remove(waiting)

    def end(self, units: Sequence[str]) -> None:
        for unit in units:
            system.remove(self._waiting(unit))
            system.remove(f"{self.folder}/{bare(unit)}")
