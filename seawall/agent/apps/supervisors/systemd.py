"""systemd: the kind that can do everything, also keep an instance within its limits."""

from __future__ import annotations

import os
import re
from typing import Dict, List, Sequence, Set, Tuple

from seawall.agent import system
from seawall.agent.apps import units as texts
from seawall.agent.apps.records import App, Release
from seawall.agent.apps.supervisors import Spec, Supervisor

SYSTEMD = "/etc/systemd/system"
BOOT = f"{SYSTEMD}/multi-user.target.wants"
CGROUPS = "/sys/fs/cgroup/system.slice"


class Systemd(Supervisor):
    """Units of their own; `containers` writes others, which are started and stopped the same."""

    def missing(self) -> str:
        return "" if system.has_systemd() else "systemd does not run here"

    def write(self, app: App, release: Release, spec: Spec) -> None:
        texts.write(app, release, spec)

    def path(self, unit: str) -> str:
        return f"{SYSTEMD}/{unit}"

    def texts(self, app: App, release: Release, spec: Spec) -> Dict[str, str]:
        units = enumerate(app.units(release), 1)
        return {unit: texts.text(app, release, spec, slot) for slot, unit in units}

    def start(self, units: Sequence[str]) -> None:
        system.must(["systemctl", "start", "--quiet", *units], seconds=120)

    def keep(self, units: Sequence[str]) -> None:
        if not all(map(self.starts_at_boot, units)):
            # Without a reload: what starts at boot is read at boot.
            system.must(["systemctl", "enable", "--quiet", "--no-reload", *units])
            system.sync_folder(SYSTEMD)
            system.sync_folder(BOOT)
        if not self.lives(units):
            system.run(["systemctl", "start", "--quiet", *units], seconds=120)

    def stop(self, units: Sequence[str], seconds: float) -> None:
        system.run(["systemctl", "stop", "--quiet", *units], seconds=seconds + 10)
        if not _are_stopped(units):
            system.run(["systemctl", "kill", "--signal=SIGKILL", *units])
        for unit in units:
            system.remove(f"{BOOT}/{unit}")
            system.remove(f"{SYSTEMD}/{unit}")
        # systemd forgets by itself what has neither a file nor anything to say, without a reload.
        system.run(["systemctl", "reset-failed", "--quiet", *units])

    def kill(self, unit: str) -> None:
        system.run(["systemctl", "kill", "--signal=SIGKILL", unit])

    def lives(self, units: Sequence[str]) -> bool:
        states = system.run(["systemctl", "is-active", *units]).output.split()
        return all(state == "active" for state in states)

    def ended(self, unit: str) -> str:
        state = _shown(unit, "NRestarts,ExecMainStatus,ExecMainCode,ActiveState")
        active = state.get("ActiveState") == "active"
        if active and state.get("NRestarts", "0") == "0":
            return ""
        status = state.get("ExecMainStatus", "?")
        how = f"exit code {status}" if state.get("ExecMainCode") == "1" else f"signal {status}"
        # A new start forgets how the last one ended.
        told = "" if active else f", {how}"
        return f"it ended by itself{told}"

    def ends(self, unit: str) -> Tuple[int, float]:
        state = _shown(unit, "NRestarts,ActiveEnterTimestampMonotonic,ActiveState")
        since = int(state.get("ActiveEnterTimestampMonotonic") or 0) / 1e6
        up = float((system.read("/proc/uptime") or b"0").split()[0])
        age = up - since if state.get("ActiveState") == "active" else 0
        return int(state.get("NRestarts") or 0), age

    def last_lines(self, unit: str) -> str:
        from seawall.agent.steps import units  # here: the watch, which stays, has no use for steps

        return units.last_lines(unit)

    def main(self, unit: str) -> int:
        return int(_shown(unit, "MainPID").get("MainPID") or 0)

    def programs(self, unit: str) -> Set[str]:
        found: List[str] = []
        for folder, _, files in os.walk(f"{CGROUPS}/{unit}"):
            if "cgroup.procs" in files:
                found += (system.read(f"{folder}/cgroup.procs") or b"").decode().split()
        return set(found)

    def starts_at_boot(self, unit: str) -> bool:
        return os.path.lexists(f"{BOOT}/{unit}")

    def there(self, app: App) -> List[str]:
        known = re.compile(rf"app-{app.name}-\d+-\d+\.service")
        names = os.listdir(SYSTEMD) if os.path.isdir(SYSTEMD) else []
        return sorted(name for name in names if known.fullmatch(name))


def _are_stopped(units: Sequence[str]) -> bool:
    states = system.run(["systemctl", "is-active", *units]).output.split()
    return all(state in ("inactive", "failed", "unknown") for state in states)


def _shown(unit: str, properties: str) -> Dict[str, str]:
    shown = system.run(["systemctl", "show", "--property", properties, unit]).output
    return dict(line.split("=", 1) for line in shown.splitlines() if "=" in line)
