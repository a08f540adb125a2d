"""What is owed to units whose files changed, written down before the change.

A crash between a new file and the reload of its unit would go unnoticed for ever: the file is
right, so the next plan is empty. The journal says that the reload is still owed.
"""

from __future__ import annotations

import json
from typing import Dict, Iterable, List, Optional, Tuple

from seawall.agent import system
from seawall.agent.steps import Change
from seawall.agent.steps.units import notify

OWED = f"{system.STATE}/owed.json"
Debt = Dict[str, List[str]]


def owed() -> Debt:
    """The units that have not yet taken notice of a change."""
    content = system.read(OWED)
    try:
        debt = json.loads(content or b"{}")
        return {verb: [str(unit) for unit in debt.get(verb, [])] for verb in ("reload", "restart")}
    except (ValueError, AttributeError):
        return {"reload": [], "restart": []}


def owe(reload: Iterable[str], restart: Iterable[str]) -> None:
    """Write down, before a change, who has to take notice of it."""
    debt = owed()
    new = {"reload": _union(debt["reload"], reload), "restart": _union(debt["restart"], restart)}
    if new != debt:
        system.private_folder(system.STATE)
        system.write(OWED, json.dumps(new).encode(), system.Ownership(0o600, 0, 0))


def _union(known: List[str], more: Iterable[str]) -> List[str]:
    return [*known, *(unit for unit in more if unit not in known)]


def pay() -> Tuple[str, ...]:
    """Let every unit that is owed take notice; raises StepError and keeps the debt otherwise."""
    debt = owed()
    units = (*debt["reload"], *debt["restart"])
    if units:
        notify(debt["reload"], debt["restart"])
        forgive()
    return units


def forgive() -> None:
    """Nothing is owed any more."""
    system.remove(OWED)


def drift() -> Optional[Change]:
    """What an interrupted apply still owes, as a plan shows it."""
    debt = owed()
    units = [*debt["reload"], *debt["restart"]]
    return Change("~", f"reload {', '.join(units)}: owed since a change") if units else None
