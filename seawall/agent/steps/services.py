"""Services where SysV init runs, told in systemd's words so that a `Unit` means the same there."""

from __future__ import annotations

import glob
import os
from typing import Dict

from seawall.agent import system

SCRIPTS = "/etc/init.d"
SECONDS = 600
CLOCKS = ("chrony", "ntpsec", "ntp", "openntpd")
SET_CLOCK = 1 << 25
"""CAP_SYS_TIME of capabilities(7)."""


def state(unit: str) -> Dict[str, str]:
    """What is known of a service: whether it has a script, starts at boot, and runs now."""
    name = script(unit)
    if not name:
        return {"Id": unit, "LoadState": "not-found", "UnitFileState": "", "ActiveState": ""}
    boots = glob.glob(f"/etc/rc[2S].d/S[0-9][0-9]{glob.escape(name)}")
    runs = system.run(["service", name, "status"]).code == 0
    # Inside a container that may not set the clock, who keeps it ends at once; systemd's own unit
    # for it has the same condition.
    useless = name in CLOCKS and not _may_set_clock()
    return {
        "Id": unit,
        "LoadState": "loaded",
        "ConditionTimestampMonotonic": "1",
        "ConditionResult": "no" if useless else "yes",
        "UnitFileState": "enabled" if boots else "disabled",
        "ActiveState": "active" if runs else "inactive",
    }


def _may_set_clock() -> bool:
    status = (system.read("/proc/self/status") or b"").decode()
    capable = next(line for line in status.splitlines() if line.startswith("CapEff:"))
    return bool(int(capable.split()[1], 16) & SET_CLOCK)


def script(unit: str) -> str:
    """The name of a unit's init script, "" when it has none."""
    name = unit[: -len(".service")] if unit.endswith(".service") else unit
    return name if os.path.isfile(f"{SCRIPTS}/{name}") else ""


def enable(name: str) -> None:
    """Start it at every boot."""
    system.must(["update-rc.d", name, "defaults"])
    system.must(["update-rc.d", name, "enable"])


def start(name: str) -> None:
    """Start it now."""
    system.must(["service", name, "start"], seconds=SECONDS)


def tell(verb: str, unit: str) -> None:
    """Let a service take notice of a change; one that is not there has nothing to notice."""
    name = script(unit)
    if not name:
        return
    runs = state(unit)["ActiveState"] == "active"
    if verb != "restart" and runs and system.run(["service", name, "reload"]).code == 0:
        return
    done = system.run(["service", name, "restart" if runs else "start"], seconds=SECONDS)
    if done.code != 0:
        raise system.StepError(f"service {name} does not start", done.errors or done.output)
