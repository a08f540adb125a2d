"""The plan: what is not yet true, and a hash that stands for exactly that."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from typing import Any, Dict, List, NamedTuple, Tuple

from seawall.agent import journal, preflight
from seawall.agent.steps import Change, Step, Unit, decode
from seawall.agent.steps.units import forget, look_up

Item = Tuple[str, Step]


class Planned(NamedTuple):
    """One change to come, and the feature it belongs to."""

    feature: str
    change: Change
    guarded: bool

    def document(self) -> Dict[str, Any]:
        """As the wire carries it."""
        return {"feature": self.feature, "guarded": self.guarded, **asdict(self.change)}


def items(document: List[Any]) -> List[Item]:
    """The steps of a document that this server has a use for, each with its feature."""
    found = [(str(feature), decode(step)) for feature, step in document]
    return [(feature, step) for feature, step in found if step.belongs()]


def compare(steps: List[Item]) -> List[Planned]:
    """Every step that is not yet true; reads only."""
    forget()
    units = [step.here for _, step in steps if isinstance(step, Unit)]
    if units:
        look_up(units)
    found = [(feature, step, step.drift()) for feature, step in steps]
    planned = [Planned(feature, drift, step.guarded) for feature, step, drift in found if drift]
    debt = journal.drift()
    return [*planned, Planned("pending", debt, False)] if debt else planned


def missing(steps: List[Item], now: float) -> List[str]:
    """Every reason why nothing may be changed here; `now` is the caller's clock."""
    never = [why for _, step in steps for why in [step.impossible()] if why]
    return [*never, *preflight.missing(now)]


def message(steps: List[Any], planned: List[Planned], reasons: List[str]) -> Dict[str, Any]:
    """A plan as the wire carries it."""
    return {
        "type": "plan",
        "changes": [each.document() for each in planned],
        "hash": digest(steps, planned),
        "preflight": reasons,
    }


def digest(steps: List[Any], planned: List[Planned]) -> str:
    """A hash over what should be true and what is not: it changes when either does."""
    whole = [steps, [each.document() for each in planned]]
    return hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()
