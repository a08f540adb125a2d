"""What goes when somebody prunes from elsewhere, and what never does."""

import time

import pytest

from seawall.agent import system
from seawall.agent.backups import pruning
from seawall.agent.backups.snapshots import Snapshot

DAY = 86400.0
KEEP = {"hourly": 0, "daily": 2, "weekly": 0, "monthly": 0}


def a_week() -> list[Snapshot]:
    """A run a day, the newest is r0; of r6 only the dump is left."""
    held = []
    for age in range(6, -1, -1):
        run, moment = f"r{age}", time.time() - age * DAY - 60
        held.append(Snapshot(f"{run}-d", moment, {"run": [run], "dataset": ["main"]}, ()))
        tags = {"manifest": [""], "run": [run], "with": ["main"]}
        held += [Snapshot(f"{run}-m", moment + 1, tags, ())] if age < 6 else []
    return held


def test_what_is_kept_proven_and_newest_stays() -> None:
    told = pruning.divided(a_week(), KEEP, {"r4"})
    assert [run["run"] for run in told["runs"]] == ["r0", "r1", "r2", "r3", "r4", "r5"]
    assert [run["run"] for run in told["runs"] if run["stays"]] == ["r0", "r1", "r4"]
    assert told["halves"] == 1
    assert set(told["gone"]) == {"r2-d", "r2-m", "r3-d", "r3-m", "r5-d", "r5-m", "r6-d"}


@pytest.mark.parametrize("gone", [["r0-d"], ["r3-d", "r0-m"]])
def test_the_newest_copy_never_goes_whoever_asks(gone: list[str]) -> None:
    with pytest.raises(system.StepError, match="newest copy of main"):
        pruning.require_old(a_week(), gone)
    pruning.require_old(a_week(), ["r1-d", "r1-m"])
