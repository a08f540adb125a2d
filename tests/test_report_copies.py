"""How `seawall backup list` says that data stands."""

import io
from typing import Any

import pytest

from seawall.report import copies
from seawall.report.screen import Screen

NOW = 1_000_000.0
HOUR, DAY = 3600.0, 86400.0
HELD = {"ok": True, "time": NOW - 2 * DAY, "seconds": 4.9}
FAILED = {"ok": False, "wrong": ["rows of users: 5 became 4"], "time": NOW - HOUR, "seconds": 4.9}


def listed(**changed: Any) -> str:
    """The line of one dataset, saved an hour ago and proven two days ago, but for what changed."""
    dataset = {"stored": {"main": {"time": NOW - HOUR}}, "proof": HELD, "tried_proof": HELD}
    facts = {
        "now": NOW,
        "every": 6 * HOUR,
        "prove": 7 * DAY,
        "datasets": {"main": dataset | changed},
    }
    file = io.StringIO()
    copies.listing([("web1", {"facts": facts, "copies": []})], Screen(file, width=100))
    return file.getvalue().splitlines()[1].strip()


@pytest.mark.parametrize(
    ("changed", "mark", "told"),
    [
        ({}, "✓", "stored 1 h ago, proven 2 days ago in 4.9 s"),
        ({"stored": {"main": {"time": None}}}, "✗", "never stored"),
        ({"stored": {"main": {"time": NOW - 10 * HOUR}}}, "✗", "stored 10 h ago, too long"),
        ({"stored": {"main": {"time": NOW + DAY}}}, "✗", "stored, dated in the future"),
        ({"stored": {"main": {"time": NOW}, "b": {"time": None}}}, "✗", "never stored in b"),
        ({"proof": None, "tried_proof": None}, "✗", "never proven"),
        ({"tried_proof": FAILED}, "✗", "did not hold 1 h ago"),
        ({"proof": HELD | {"time": NOW - 11 * DAY}}, "✗", "proven 11 days ago in 4.9 s, too long"),
    ],
)
def test_only_what_is_saved_and_proven_in_time_is_well(
    changed: dict[str, Any], mark: str, told: str
) -> None:
    line = listed(**changed)
    assert line.startswith(mark)
    assert told in line
