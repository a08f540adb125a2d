"""Which sets stay: the last of each hour, day, week and month, and always the last proven one.

Whole sets go, never a dump alone. What an interrupted run left without a manifest goes after a
day. Nothing goes from a server whose key cannot delete: there it is somebody else's work.
"""

from __future__ import annotations

import time
from typing import Any, Dict, Iterable, List, Sequence, Set, Tuple

from seawall.agent import system
from seawall.agent.backups import evidence, sets, states
from seawall.agent.backups.declared import Declared
from seawall.agent.backups.restic import Repository
from seawall.agent.backups.snapshots import Snapshot
from seawall.agent.wire import Emit

DAY = 86400
PERIODS = {"hourly": "%Y-%m-%d %H", "daily": "%Y-%m-%d", "weekly": "%G-%V", "monthly": "%Y-%m"}
"""The name of the hour, day, week or month that a moment (UTC) belongs to."""
UNUSED = "10%"
"""So much of a repository may be rubble before it is worth the traffic to clear it up."""
PRUNE_SECONDS = 3600
PATIENCE = 20
"""Seconds to wait for somebody else's lock: what is not forgotten today is tomorrow."""


def retain(declared: Declared, emit: Emit, places: Sequence[Repository]) -> None:
    """Let every destination forget what is too old, of what it just listed; StepError of one is
    told, not raised."""
    for repository in places if declared.prunes else ():
        to = repository.destination.name
        try:
            gone = _forget(declared, repository)
        except system.StepError as error:
            emit({"type": "unpruned", "to": to, "problem": error.problem, "output": error.output})
        else:
            emit({"type": "pruned", "to": to, "forgotten": gone})


def _forget(declared: Declared, repository: Repository) -> int:
    """How many snapshots were forgotten."""
    snapshots = repository.snapshots() if repository.seen is None else repository.seen
    old = doomed(snapshots, declared.keep, proven(), time.time())
    if old:
        repository.ask(["forget", *old], patience=PATIENCE)
    if old and _long_ago(repository.destination.name):
        repository.ask(["prune", f"--max-unused={UNUSED}"], PRUNE_SECONDS, PATIENCE)
        states.did("pruned", repository.destination.name)
    return len(old)


def _long_ago(destination: str) -> bool:
    """Clearing up once a day is enough."""
    return time.time() - states.last("pruned", destination) > DAY


def proven() -> Set[str]:
    """For each dataset, the run whose copy was the last to hold."""
    last: Dict[Any, str] = {}
    for record in evidence.proofs():
        if record.get("ok"):
            last[record.get("dataset")] = str(record.get("run"))
    return set(last.values())


def doomed(
    snapshots: List[Snapshot], keep: Dict[str, int], holy: Set[str], now: float
) -> List[str]:
    """The snapshots that may go. `holy` runs stay whatever their age."""
    found = sets.sets(snapshots)
    bound = {each.run for each in found}
    staying = holy | {each.run for each in found if sets.ahead(each.time)}  # their day will come
    found = [each for each in found if not sets.ahead(each.time)]
    for name in {name for each in found for name in each.dumps}:
        # By dataset: a run that saved one of them only is no copy of the others.
        staying |= kept([(each.run, each.time) for each in found if name in each.dumps], keep)
    return [
        each.id
        for each in snapshots
        if ("dataset" in each.tags or "manifest" in each.tags)
        and each.tag("run") not in staying
        and (each.tag("run") in bound or now - each.time > DAY)
    ]


def kept(runs: Iterable[Tuple[str, float]], keep: Dict[str, int]) -> Set[str]:
    """The runs that stay: the newest of each of the last so many hours, days, weeks, months that
    have one."""
    newest_first = sorted(runs, key=lambda run: -run[1])
    staying: Set[str] = set()
    for period, form in PERIODS.items():
        seen: Set[str] = set()
        for run, moment in newest_first:
            name = time.strftime(form, time.gmtime(moment))
            if name not in seen and len(seen) < keep.get(period, 0):
                seen.add(name)
                staying.add(run)
    return staying
