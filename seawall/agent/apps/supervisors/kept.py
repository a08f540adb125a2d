"""What the kinds without systemd share: a keeper beside each instance (see `keeper`).

The kinds differ in who starts the keeper at boot, and who starts it or the app again.
"""

from __future__ import annotations

import os
import re
import time
from typing import Dict, List, Sequence, Set, Tuple

from seawall.agent import system
from seawall.agent.apps import kept_state, lines, units
from seawall.agent.apps.kept_state import bare
from seawall.agent.apps.records import App, Release
from seawall.agent.apps.supervisors import Spec, Supervisor
from seawall.agent.system import StepError

AGENT = "/usr/local/lib/app-watch/agent.pyz"
"""Stays when Seawall is removed from a server."""
START_SECONDS = 15


class Kept(Supervisor):
    """Instances that a keeper starts, watches and writes down."""

    kind = ""
    folder = ""
    """Where it has a file for each instance, named as the instance and `ending`."""
    ending = ""
    mode = 0o600

    def text(self, unit: str, told: str, command: str, seconds: int) -> str:
        """What stands in that file; `command` starts the keeper, which needs `seconds` to stop."""
        raise NotImplementedError

    def begin(self, units: Sequence[str]) -> None:
        """Let the keepers start."""
        raise NotImplementedError

    def end(self, units: Sequence[str]) -> None:
        """Let nobody start the keepers any more."""
        raise NotImplementedError

    def path(self, unit: str) -> str:
        """The file of an instance."""
        return f"{self.folder}/{bare(unit)}{self.ending}"

    def draft(self, unit: str) -> str:
        """Where it lies until the instance is to start at boot."""
        return self.path(unit)

    def write(self, app: App, release: Release, spec: Spec) -> None:
        units.prepare(app, release, spec)
        lines.make_folder(app.name)
        for unit, content in self.texts(app, release, spec).items():
            kept_state.forget(unit)
            system.write(self.draft(unit), content.encode(), system.Ownership(self.mode, 0, 0))

    def texts(self, app: App, release: Release, spec: Spec) -> Dict[str, str]:
        """The file of each instance."""
        seconds = int(spec["drain"]) + 5
        found: Dict[str, str] = {}
        for slot, unit in enumerate(app.units(release), 1):
            told = f"{app.name}, release {release.number}, instance {slot}"
            found[unit] = self.text(unit, told, command(unit, self.kind, seconds), seconds)
        return found

    def start(self, units: Sequence[str]) -> None:
        self.begin(units)
        deadline = time.monotonic() + START_SECONDS
        while not all(kept_state.read(unit) for unit in units):
            if time.monotonic() > deadline:
                raise StepError(f"{self.kind} did not start it within {START_SECONDS} s")
            time.sleep(0.02)

    def keep(self, units: Sequence[str]) -> None:
        self.at_boot(units)
        if not self.lives(units):
            self.revive(units)

    def at_boot(self, units: Sequence[str]) -> None:
        """Start the keepers at boot from now on."""

    def revive(self, units: Sequence[str]) -> None:
        if alone := [unit for unit in units if not kept_state.keeper(unit)]:
            self.begin(alone)

    def stop(self, units: Sequence[str], seconds: float) -> None:
        for unit in units:
            kept_state.ask_to_stop(unit)
        self.end(units)
        deadline = time.monotonic() + seconds + 10
        for unit in units:
            kept_state.ask_to_stop(unit)
            while kept_state.keeper(unit) and time.monotonic() < deadline:
                time.sleep(0.05)
            kept_state.sweep(unit)
            kept_state.forget(unit)
            system.remove(self.path(unit))

    def kill(self, unit: str) -> None:
        kept_state.kill(unit)

    def lives(self, units: Sequence[str]) -> bool:
        return all(kept_state.lives(unit) for unit in units)

    def ended(self, unit: str) -> str:
        state = kept_state.read(unit)
        if kept_state.lives(unit) and not state.get("count"):
            return ""
        how = state.get("how", "")
        return f"it ended by itself{', ' if how else ''}{how}"

    def ends(self, unit: str) -> Tuple[int, float]:
        state = kept_state.read(unit)
        age = time.monotonic() - state.get("ended", 0) if kept_state.lives(unit) else 0.0
        return int(state.get("count", 0)), age

    def last_lines(self, unit: str) -> str:
        return lines.last(unit)

    def main(self, unit: str) -> int:
        return int(kept_state.read(unit).get("child", 0))

    def programs(self, unit: str) -> Set[str]:
        return {str(pid) for pid in kept_state.programs(unit)}

    def there(self, app: App) -> List[str]:
        known = re.compile(rf"(app-{app.name}-\d+-\d+){re.escape(self.ending)}")
        names = os.listdir(self.folder) if os.path.isdir(self.folder) else []
        files = [f"{found[1]}.service" for found in map(known.fullmatch, names) if found]
        return sorted({*files, *kept_state.known(app.name, self.kind)})


def command(unit: str, kind: str, seconds: int) -> str:
    """What starts a keeper; nothing in it is secret."""
    return f"/usr/bin/python3 -I -S {AGENT} keep {bare(unit)} {kind} {seconds}"
