"""Old copies forgotten from elsewhere, with a key that no server has: `seawall backup prune`.

Runs on the machine of a person, by the same rules as a server that may delete. What goes was shown
before, and is named one by one: whatever came or went meanwhile is left alone.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any, Callable, Dict, List, Set

from seawall.agent import system
from seawall.agent.backups import retention, sets
from seawall.agent.backups.declared import Declared, Destination
from seawall.agent.backups.restic import Repository
from seawall.agent.backups.snapshots import Snapshot


def main() -> None:
    """Read a document from stdin, and write what became of it to stdout."""
    document = json.load(sys.stdin)
    try:
        told = VERBS[document["verb"]](_repository(document), document)
    except system.StepError as error:
        told = {"problem": error.problem, "output": error.output}
    sys.stdout.write(json.dumps(told) + "\n")


def _repository(document: Dict[str, Any]) -> Repository:
    place = Destination("main", document["repository"], document["environment"])
    names = (document["project"], document["server"])
    told = Declared(*names, (), (place,), document["passphrase"], 0, 0, document["keep"])
    return Repository(told, place)


def look(repository: Repository, document: Dict[str, Any]) -> Dict[str, Any]:
    """The runs that stay and those that go, newest first, and the snapshots of the latter."""
    proven = {str(run) for run in document["proven"]}
    return divided(repository.snapshots(), document["keep"], proven)


def divided(snapshots: List[Snapshot], keep: Dict[str, int], proven: Set[str]) -> Dict[str, Any]:
    """The same of these snapshots."""
    gone = set(retention.doomed(snapshots, keep, proven, time.time()))
    runs: Dict[str, Dict[str, Any]] = {}
    for each in sets.sets(snapshots):
        kept = not gone & {each.manifest, *each.dumps.values()}
        runs[each.run] = {"run": each.run, "time": each.time, "stays": kept}
        runs[each.run].update(datasets=sorted(each.dumps), proven=each.run in proven)
    halves = {each.tag("run") for each in snapshots if each.id in gone} - {*runs}
    return {"runs": [*reversed(runs.values())], "halves": len(halves), "gone": sorted(gone)}


def forget(repository: Repository, document: Dict[str, Any]) -> Dict[str, Any]:
    """Forget these snapshots, and clear up what only they needed.

    StepError, before anything goes, where one of the newest copies is among them."""
    gone = [str(each) for each in document["gone"]]
    require_old(repository.snapshots(), gone)
    if gone:
        repository.ask(["forget", *gone], retention.PRUNE_SECONDS)
        words = ["prune", f"--max-unused={retention.UNUSED}"]
        repository.ask(words, retention.PRUNE_SECONDS)
    return {"forgotten": len(gone)}


def require_old(snapshots: List[Snapshot], gone: List[str]) -> None:
    """StepError where one of the newest copies is among those that are to go."""
    found = sets.sets(snapshots)
    for name in sorted({name for each in found for name in each.dumps}):
        last = sets.newest(found, name)
        if last and {last.manifest, last.dumps[name]} & {*gone}:
            raise system.StepError(f"the newest copy of {name} is not to go")


VERBS: Dict[str, Callable[[Repository, Dict[str, Any]], Dict[str, Any]]] = {
    "look": look,
    "forget": forget,
}

if __name__ == "__main__":
    main()
