"""What of the backups somebody must be told: too old, failing, shrunk, not proven, wrong.

Made from what this server remembers of its runs and from the chain of proofs; once a day the
destination itself is asked, so that copies which vanished there are noticed without a run.
"""

from __future__ import annotations

import os
from typing import Any, Dict, List, Tuple

from seawall.agent.backups import evidence, judging, states
from seawall.agent.backups.declared import DECLARED, Dataset, Declared, declared

ASKED = 86400.0
"""Seconds between two questions to the destination: each costs most of a second."""
WEEK_DAYS = 7.0

Values = Dict[str, Dict[str, float]]
Causes = Dict[str, List[str]]
NONE: Tuple[str, ...] = (
    *("backup.age", "backup.failed", "backup.share", "backup.unproven", "backup.wrong"),
)


def look(memory: Dict[str, Any], now: float) -> Tuple[Values, Causes]:
    """Numbers of every dataset, in the first destination."""
    values: Values = {name: {} for name in NONE}
    causes: Causes = {}
    if not os.path.exists(DECLARED):
        return values, causes
    told = declared()
    first = told.destinations[0].name
    known, since = states.known().get(first, {}), os.stat(DECLARED).st_mtime
    listed = _listed(memory, told, now)
    records = evidence.proofs()
    for dataset in told.datasets:
        mine = dict(known.get(dataset.name, {}))
        _stored(values, dataset, mine, (now - _newest(mine, listed, dataset, since)) / told.every)
        if mine.get("error"):
            causes[f"backup.failed/{dataset.name}"] = _words(mine["error"])
        causes[f"backup.wrong/{dataset.name}"] = _proven(
            values, dataset, records, (now, told.prove, since)
        )
    return values, causes


def _stored(values: Values, dataset: Dataset, mine: Dict[str, Any], age: float) -> None:
    values["backup.age"][dataset.name] = age
    values["backup.failed"][dataset.name] = float(bool(mine.get("error")))
    sizes = [float(each) for each in mine.get("sizes", [])]
    if len(sizes) > 1:
        before = sorted(sizes[:-1])[(len(sizes) - 1) // 2]
        if before > 0:
            values["backup.share"][dataset.name] = 100 * sizes[-1] / before


def _newest(mine: Dict[str, Any], listed: Dict[str, Any], dataset: Dataset, since: float) -> float:
    """When the newest copy was made. What the destination listed counts more than a memory that
    is older than the list; before the first copy, the time runs from the declaration."""
    stored = float(mine.get("stored") or since)
    there = listed.get("times")
    if there is None or stored > float(listed.get("at", 0)):
        return stored
    return float(there.get(dataset.name) or since)


def _listed(memory: Dict[str, Any], told: Declared, now: float) -> Dict[str, Any]:
    """What the destination tells of itself, asked once a day; {} when it cannot be asked."""
    listed: Dict[str, Any] = memory.setdefault("listed", {})
    if now - float(listed.get("tried", 0)) > ASKED:
        listed["tried"] = now
        first = told.destinations[0].name
        answers = judging.answers(told)
        if "error" not in answers[first]:
            found = judging.judged(told, answers)["datasets"]
            times = {name: each["stored"][first]["time"] for name, each in found.items()}
            listed.update(at=now, times=times)
    return listed


def _proven(
    values: Values,
    dataset: Dataset,
    records: List[Dict[str, Any]],
    when: Tuple[float, float, float],
) -> List[str]:
    """How long ago a copy held, counted in days as if proofs were weekly; why the last did not."""
    now, every, since = when
    mine = [each for each in records if each.get("dataset") == dataset.name]
    held = [float(each["time"]) for each in mine if each.get("ok")]
    age = (now - (held[-1] if held else since)) / every * WEEK_DAYS
    values["backup.unproven"][dataset.name] = age
    wrong = bool(mine) and not mine[-1].get("ok")
    values["backup.wrong"][dataset.name] = float(wrong)
    return [str(each) for each in mine[-1].get("wrong", [])][:10] if wrong else []


def _words(error: Any) -> List[str]:
    told = error if isinstance(error, dict) else {"problem": error}
    lines = f"{told.get('problem', '')}\n{told.get('output', '')}".splitlines()
    return [line for line in lines if line.strip()][:10]
