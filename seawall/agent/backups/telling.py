"""What a stored run holds, and what two runs differ in, as their manifests say. Reads only.

Passwords of roles, which a restore needs, are never told.
"""

from __future__ import annotations

from typing import Any, Dict, List

from seawall.agent.backups import evidence
from seawall.agent.backups.declared import Declared
from seawall.agent.backups.manifest import Manifest, Parts
from seawall.agent.backups.restic import Repository
from seawall.agent.backups.sets import Set, manifests, one, sets

ROWS = "rows of"
"""The part of a manifest that has each table's rows."""


def shown(told: Declared, runs: List[str]) -> List[Dict[str, Any]]:
    """Each of these runs, by the beginning of its name; StepError when it is not one."""
    repository = Repository(told, told.destinations[0])
    found = sets(repository.stored())
    return [_shown(repository, one(found, run)) for run in runs]


def _shown(repository: Repository, chosen: Set) -> Dict[str, Any]:
    made = manifests(repository, chosen)
    return {
        "run": chosen.run,
        "time": chosen.time,
        "missing": list(chosen.missing),
        "datasets": {
            name: {
                **_content(made[name]),
                "snapshot": snapshot,
                "proven": _proven(name, chosen.run),
            }
            for name, snapshot in chosen.dumps.items()
        },
    }


def _content(made: Manifest) -> Dict[str, Any]:
    rows = made.compared.get(ROWS, {})
    return {
        "engine": made.engine,
        "version": made.version,
        "bytes": made.bytes,
        "tables": rows,
        "objects": {part: len(names) for part, names in made.compared.items() if part != ROWS},
        "files": made.compared.get("files", {}),
    }


def _proven(dataset: str, run: str) -> "float | None":
    """When this very copy was restored and held last."""
    held = [
        float(each["time"])
        for each in evidence.proofs()
        if each.get("ok") and each.get("dataset") == dataset and each.get("run") == run
    ]
    return held[-1] if held else None


def changed(told: Declared, older: str, newer: str) -> Dict[str, Any]:
    """What the second run gained, lost or has otherwise, by dataset, part and name."""
    repository = Repository(told, told.destinations[0])
    found = sets(repository.stored())
    first, second = one(found, older), one(found, newer)
    before, after = manifests(repository, first), manifests(repository, second)
    both = sorted({*first.dumps} & {*second.dumps})
    return {
        "older": {"run": first.run, "time": first.time},
        "newer": {"run": second.run, "time": second.time},
        "not_in_both": sorted({*first.dumps} ^ {*second.dumps}),
        "datasets": {
            name: parts_changed(before[name].compared, after[name].compared) for name in both
        },
    }


def parts_changed(before: Parts, after: Parts) -> Dict[str, List[Dict[str, Any]]]:
    """The names that are gained, lost or changed in each part that is not the same."""
    told: Dict[str, List[Dict[str, Any]]] = {"gained": [], "lost": [], "changed": []}
    for part in sorted({*before, *after}):
        old, new = before.get(part, {}), after.get(part, {})
        for name in sorted({*old, *new}):
            each = {"part": part, "name": name, "before": old.get(name), "after": new.get(name)}
            if name not in old:
                told["gained"].append(each)
            elif name not in new:
                told["lost"].append(each)
            elif old[name] != new[name]:
                told["changed"].append(each)
    return told
