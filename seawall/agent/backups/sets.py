"""Sets: the runs that a repository holds, as their manifests bind them."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import Any, Dict, List, Tuple

from seawall.agent import system
from seawall.agent.backups.making import FORMAT, MANIFEST
from seawall.agent.backups.manifest import Manifest
from seawall.agent.backups.restic import Repository
from seawall.agent.backups.snapshots import Snapshot

SKEW = 60
"""Seconds that a clock may be put back without a word."""


@dataclass(frozen=True)
class Set:
    """One run: its manifest's snapshot, and the dumps that are there for it."""

    run: str
    time: float
    manifest: str
    dumps: Dict[str, str]
    """Dataset to snapshot, for those that the manifest names and the repository has."""
    missing: Tuple[str, ...]
    """Datasets that the manifest names, and whose dump is gone."""


def sets(snapshots: List[Snapshot]) -> List[Set]:
    """Every set among these snapshots, oldest first."""
    dumps: Dict[str, Dict[str, str]] = {}
    for snapshot in snapshots:
        if "dataset" in snapshot.tags:
            dumps.setdefault(snapshot.tag("run"), {})[snapshot.tag("dataset")] = snapshot.id
    return [
        _set(each, dumps.get(each.tag("run"), {})) for each in snapshots if "manifest" in each.tags
    ]


def _set(bound: Snapshot, dumps: Dict[str, str]) -> Set:
    names = bound.tags.get("with", [])
    there = {name: dumps[name] for name in names if name in dumps}
    missing = tuple(name for name in names if name not in dumps)
    return Set(bound.tag("run"), bound.time, bound.id, there, missing)


def one(found: List[Set], run: str) -> Set:
    """The run whose name, or one of whose snapshots, begins so; StepError unless it is one."""
    fitting = [
        each
        for each in found
        if run and any(name.startswith(run) for name in (each.run, *each.dumps.values()))
    ]
    if len(fitting) == 1:
        return fitting[0]
    count = f"{len(fitting)} runs begin" if fitting else "no run begins"
    raise system.StepError(f"{count} with {run}", "seawall backup list shows them")


def newest(found: List[Set], dataset: str) -> "Set | None":
    """The last set that has a dump of this dataset. One from the future, made while the clock was
    ahead, is the last only where there is no other."""
    having = [each for each in found if dataset in each.dumps]
    past = [each for each in having if not ahead(each.time)]
    return next(reversed(past or having), None)


def ahead(moment: float) -> bool:
    """True for what is dated in the future."""
    return moment > time.time() + SKEW


def manifests(repository: Repository, chosen: Set) -> Dict[str, Manifest]:
    """What each dataset of a set held; StepError when the manifest makes no sense."""
    text = _text(repository, chosen)
    try:
        told = json.loads(text)
        if told["format"] != FORMAT:
            raise ValueError(f"format {told['format']} is of another version of Seawall")
        return {name: _manifest(each, chosen, name) for name, each in told["datasets"].items()}
    except (ValueError, LookupError, TypeError) as error:
        raise system.StepError(f"the manifest of {chosen.run} makes no sense: {error}") from error


def _text(repository: Repository, chosen: Set) -> str:
    return repository.ask(["dump", chosen.manifest, f"/{MANIFEST}"])


def releases(repository: Repository, chosen: Set) -> Dict[str, str]:
    """The commit that each app served when this set was made, as far as it is known."""
    return dict(json.loads(_text(repository, chosen)).get("releases", {}))


def _manifest(told: Dict[str, Any], chosen: Set, name: str) -> Manifest:
    there = chosen.dumps.get(name, "")
    if there and not there.startswith(told["snapshot"]):
        raise ValueError(f"it binds another dump of {name} than the one that is there")
    return Manifest.told(told["manifest"])
