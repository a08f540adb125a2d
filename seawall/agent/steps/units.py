"""Units and services: started now, started at boot, and looked at again after their start."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Dict, Iterable, List, Optional

from seawall.agent import system
from seawall.agent.steps import services
from seawall.agent.steps.step import Change, Step

SETTLE = 2.0
"""`systemctl start` is content with a unit that dies a second later: look again after this many
seconds."""
PROPERTIES = (
    "Id,Names,LoadState,ActiveState,UnitFileState,ConditionResult,ConditionTimestampMonotonic"
)
BOOT_STATES = ("enabled", "static", "generated", "alias", "indirect", "linked")

States = Dict[str, Dict[str, str]]
_known: States = {}


@dataclass(frozen=True)
class Unit(Step):
    """A unit that runs, now and after every boot; an `optional` one only where it exists.

    `without_systemd` names the service that does its work under another init, if not the same;
    `systemd_for` says what it does that no other init can.
    """

    name: str
    enabled: bool = True
    active: bool = True
    optional: bool = False
    guarded: bool = False
    without_systemd: str = ""
    systemd_for: str = ""

    @property
    def here(self) -> str:
        """What it is called on this server."""
        return self.name if system.has_systemd() else self.without_systemd or self.name

    def belongs(self) -> bool:
        return bool(self.here)

    def impossible(self) -> str:
        if not self.systemd_for or system.has_systemd():
            return ""
        return f"{self.systemd_for} needs systemd, which does not run here"

    def drift(self) -> Optional[Change]:
        seen = state(self.here)
        if self.optional and seen.get("LoadState") == "not-found":
            return None
        lines = self._differences(seen)
        return Change("~", self.here, "\n".join(lines)) if lines else None

    def _differences(self, unit: Dict[str, str]) -> List[str]:
        boot, now = unit.get("UnitFileState", ""), unit.get("ActiveState", "")
        lines = []
        if self.enabled and boot not in BOOT_STATES:
            lines.append(f"+enabled (now {boot or 'not there'})")
        if self.active and now not in ("active", "activating", "reloading") and not _not_here(unit):
            lines.append(f"+active (now {now or 'not there'})")
        return lines

    def apply(self) -> None:
        if not system.has_systemd():
            return self._apply_service()
        if state(self.name).get("UnitFileState") == "masked":
            system.must(["systemctl", "unmask", self.name])
        if self.enabled:
            system.must(["systemctl", "enable", self.name])
        if self.active:
            system.must(["systemctl", "start", self.name])
        return forget()

    def _apply_service(self) -> None:
        if self.enabled:
            services.enable(self.here)
        now = state(self.here)
        if self.active and now.get("ActiveState") != "active" and not _not_here(now):
            services.start(self.here)
        forget()


def _not_here(unit: Dict[str, str]) -> bool:
    """The unit was tried and its own conditions say that it has no business on this machine."""
    tried = unit.get("ConditionTimestampMonotonic", "0") != "0"
    return tried and unit.get("ConditionResult") == "no"


def state(name: str) -> Dict[str, str]:
    """What systemd knows of a unit; asked once for all that were named to `look_up`."""
    full = name if "." in name else f"{name}.service"
    if full not in _known:
        look_up([full])
    return _known.get(full, {})


def look_up(names: Iterable[str]) -> None:
    """Ask systemd about many units in one call."""
    full = [name if "." in name else f"{name}.service" for name in names]
    if not system.has_systemd():
        _known.update({unit: services.state(unit) for unit in full})
        return
    shown = system.run(["systemctl", "show", "--property", PROPERTIES, *full]).output
    for name, paragraph in zip(full, shown.split("\n\n")):
        _known[name] = dict(line.split("=", 1) for line in paragraph.splitlines() if "=" in line)


def forget() -> None:
    """Ask again next time: something was changed."""
    _known.clear()


def notify(reload: List[str], restart: List[str]) -> None:
    """Let units take notice of what changed; StepError when one does not live through it."""
    forget()
    units = [*[u for u in reload if u not in restart], *restart]
    if not units:
        return
    if system.has_systemd():
        system.must(["systemctl", "daemon-reload"])
    for unit in units:
        verb = "restart" if unit in restart else "reload-or-restart"
        _tell(verb, unit)
    time.sleep(SETTLE)
    for unit in units:
        if state(unit).get("ActiveState") == "failed" or _ended(unit):
            raise system.StepError(f"{unit} died after the change", last_lines(unit))


def _ended(unit: str) -> bool:
    """An init script has no word for a failure: what was told and does not run has ended."""
    return not system.has_systemd() and state(unit).get("ActiveState") == "inactive"


def _tell(verb: str, unit: str) -> None:
    if not system.has_systemd():
        return services.tell(verb, unit)
    result = system.run(["systemctl", verb, unit], seconds=600)
    if result.code != 0:
        raise system.StepError(f"systemctl {verb} {unit} failed", last_lines(unit) or result.errors)
    return None


def last_lines(unit: str, count: int = 20) -> str:
    """The last lines a unit wrote to the journal."""
    journal = ["journalctl", "--unit", unit, "--lines", str(count), "--output", "cat", "--no-pager"]
    return system.run(journal).output.strip()
