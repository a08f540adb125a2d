"""How `seawall backup list` says that data stands."""

import io
from typing import Any

import pytest

from seawall.engine.backing import Saved
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


def test_a_part_that_was_read_is_told_by_its_place() -> None:
    part = {"to": "copy1", "part": 3, "of": 30, "seconds": 4.2, "wrong": []}
    events = (
        {"type": "intact", **part},
        {"type": "damaged", **part, "to": "main", "wrong": ["Pack ID does not match"]},
        {"type": "unread", "to": "copy2", "problem": "the storage is full", "output": ""},
    )
    file = io.StringIO()
    saved = Saved("web1", events)
    copies.outcome([saved], Screen(file, width=100))
    told = [line.strip() for line in file.getvalue().splitlines()]
    assert told[1].startswith("✓") and "part 3 of 30 was read, and is as it was stored" in told[1]
    assert told[2].startswith("✗") and "part 3 of 30 is damaged" in told[2]
    assert "Pack ID does not match" in told[3]
    assert told[4].startswith("✗") and "not read: the storage is full" in told[4]
    assert not saved.ok and copies.exit_code([saved]) == 1


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
