"""What somebody wants to know of the history: now, at a moment, or over a time. Reads only."""

from __future__ import annotations

import json
import time
from typing import Any, Dict, List

from seawall.agent import system
from seawall.agent.monitor import history

FOLDER = "/var/lib/seawall-monitor"
FRESH = 180.0
"""Seconds that the newest numbers may be old to be those of now."""
NEAR = 600.0
"""Seconds that numbers may be away from the moment that is asked for: the coarsest are so far
apart."""
POINTS = 120
"""Numbers of a series that are told, at most."""

Numbers = Dict[str, float]


def answer(document: Dict[str, Any], folder: str = FOLDER) -> Dict[str, Any]:
    """Numbers by series: of `at`, over `since` until `until`, or the newest."""
    now = time.time()
    told: Dict[str, Any] = {"type": "numbers", "now": now, "firing": firing(folder)}
    if "since" in document:
        until = float(document.get("until") or now)
        return {**told, **_over(float(document["since"]), until, f"{folder}/history")}
    at = float(document.get("at") or now)
    away = NEAR if "at" in document else FRESH
    return {**told, **_near(at, away, f"{folder}/history")}


def firing(folder: str) -> List[Dict[str, Any]]:
    """What was told and is not over."""
    try:
        known = dict(json.loads(system.read(f"{folder}/judged.json") or b"{}"))
    except (ValueError, TypeError):
        return []
    return [
        {"rule": rule, "subject": subject, "level": state["said"], "since": state["since"]}
        for rule, mine in known.get("states", {}).items()
        for subject, state in mine.items()
        if state.get("said")
    ]


def _near(at: float, away: float, folder: str) -> Dict[str, Any]:
    """The numbers that are nearest to a moment; `seen` is None where none are near."""
    rows = list(history.between(at - away, at + away, folder=folder))
    if not rows:
        return {"seen": None, "values": {}}
    seen, values = min(rows, key=lambda row: abs(row[0] - at))
    return {"seen": seen, "values": values}


def _over(since: float, until: float, folder: str) -> Dict[str, Any]:
    """Of each series the least, the most, the mean and the last, and some of its numbers."""
    found: Dict[str, List[List[float]]] = {}
    for at, values in history.between(since, until, folder=folder):
        for name, value in values.items():
            found.setdefault(name, []).append([at, value])
    return {"series": {name: _summed(rows) for name, rows in found.items()}}


def _summed(rows: List[List[float]]) -> Dict[str, Any]:
    values = [value for _, value in rows]
    step = max(1, -(-len(rows) // POINTS))
    return {
        "least": min(values),
        "most": max(values),
        "most_at": max(rows, key=lambda row: row[1])[0],
        "mean": sum(values) / len(values),
        "last": values[-1],
        "points": [_point(rows[at : at + step]) for at in range(0, len(rows), step)],
    }


def _point(rows: List[List[float]]) -> List[float]:
    """The mean of some numbers, at the time of the first."""
    return [rows[0][0], sum(value for _, value in rows) / len(rows)]
