"""What decides about copies without a server: which stay, what is due, what is the same."""

import dataclasses
import json
import time
from pathlib import Path

import pytest

from seawall.agent.backups import (
    due,
    evidence,
    manifest,
    retention,
    sets,
    snapshots,
    states,
    verifying,
)
from seawall.agent.backups.declared import Dataset, Declared, Destination
from seawall.agent.backups.snapshots import Snapshot
from seawall.agent.steps.postgres import fits, verifier

NOW = 1_790_000_000.0
HOUR, DAY = 3600.0, 86400.0
KEEP = {"hourly": 3, "daily": 2, "weekly": 1, "monthly": 1}


def a_set(run: str, age: float, *datasets: str, bound: bool = True) -> list[Snapshot]:
    """A run's snapshots: its dumps, and the manifest that binds them."""
    dumps = [
        Snapshot(f"{run}-{name}", NOW - age, {"run": [run], "dataset": [name]}, ())
        for name in datasets
    ]
    tags = {"manifest": [""], "run": [run], "with": list(datasets)}
    return [*dumps, *([Snapshot(f"{run}-m", NOW - age + 1, tags, ())] if bound else [])]


def hourly(count: int) -> list[Snapshot]:
    return [each for hour in range(count) for each in a_set(f"r{hour}", hour * HOUR, "main")]


def test_the_last_of_each_hour_day_week_and_month_stay() -> None:
    gone = set(retention.doomed(hourly(60), KEEP, set(), NOW))
    left = {each.tag("run") for each in hourly(60) if each.id not in gone}
    assert {"r0", "r1", "r2"} <= left and len(left) == 4, left


def test_the_last_proven_run_stays_whatever_its_age() -> None:
    gone = retention.doomed(hourly(60), KEEP, {"r50"}, NOW)
    assert "r50-main" not in gone and "r50-m" not in gone and "r49-main" in gone


def test_a_run_of_one_dataset_does_not_take_the_place_of_the_others() -> None:
    both = a_set("both", 2 * DAY, "main", "uploads")
    later = [each for hour in range(40) for each in a_set(f"r{hour}", hour * HOUR, "main")]
    assert "both-uploads" not in retention.doomed([*both, *later], KEEP, set(), NOW)


def test_what_an_interrupted_run_left_goes_after_a_day() -> None:
    fresh, old = a_set("new", HOUR, "main", bound=False), a_set("old", 2 * DAY, "main", bound=False)
    whole = a_set("whole", 3 * DAY, "main")
    assert retention.doomed([*fresh, *old, *whole], KEEP, set(), NOW) == ["old-main"]


def test_a_dump_without_a_manifest_is_no_copy() -> None:
    found = sets.sets([*a_set("whole", DAY, "main"), *a_set("half", HOUR, "main", bound=False)])
    newest = sets.newest(found, "main")
    assert newest is not None and newest.run == "whole"


def test_a_manifest_whose_dump_was_deleted_is_no_copy() -> None:
    [_, manifest_only] = a_set("robbed", HOUR, "main")
    found = sets.sets([*a_set("whole", DAY, "main"), manifest_only])
    newest = sets.newest(found, "main")
    assert newest is not None and newest.run == "whole"
    assert found[-1].missing == ("main",)


def test_differences_are_named_and_many_are_counted() -> None:
    made: manifest.Parts = {
        "rows of": {f"t{n}": n for n in range(20)},
        "index": {"a": "x", "gone": "y"},
    }
    restored: manifest.Parts = {
        "rows of": {f"t{n}": n + 1 for n in range(20)},
        "index": {"a": "x", "new": "z"},
    }
    found = manifest.differences(made, restored)
    assert "index gone is missing" in found
    assert "index new was not there when it was saved" in found
    assert "rows of t0: 0 became 1" in found and "and 12 more of this kind" in found
    assert manifest.differences(made, made) == []


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A server's memory in a folder of our own."""
    for module in (states, evidence):
        monkeypatch.setattr(module, "STATE", str(tmp_path))
    monkeypatch.setattr(states, "FILE", f"{tmp_path}/state.json")
    monkeypatch.setattr(evidence, "FILE", f"{tmp_path}/evidence.jsonl")
    return tmp_path


def test_evidence_that_was_changed_or_taken_out_is_seen(state: Path) -> None:
    for number in range(3):
        evidence.record({"dataset": "main", "ok": True, "number": number})
    records, whole = evidence.records()
    assert [each["number"] for each in records] == [0, 1, 2] and whole
    file = state / "evidence.jsonl"
    lines = file.read_text().splitlines(keepends=True)
    file.write_text("".join([lines[0], lines[2]]))
    assert not evidence.records()[1]
    file.write_text("".join([lines[0].replace("true", "false"), *lines[1:]]))
    assert not evidence.records()[1]


def test_a_line_that_a_power_cut_left_half_is_no_break(state: Path) -> None:
    evidence.record({"dataset": "main", "ok": True})
    with (state / "evidence.jsonl").open("a") as file:
        file.write('{"dataset": "ma')
    evidence.record({"dataset": "main", "ok": False})
    records, whole = evidence.records()
    assert [each["ok"] for each in records] == [True, False] and whole


def declared(every: float = HOUR, prove: float = 7 * DAY) -> Declared:
    data, place = (Dataset("main", "postgres"),), (Destination("main", "/srv/copies"),)
    return Declared("acme", "web1", data, place, "", every, prove, KEEP)


@pytest.mark.parametrize(
    ("told", "due_now"),
    [
        ({}, True),
        ({"stored": NOW - 100, "tried": NOW - 100}, False),
        ({"stored": NOW - HOUR, "tried": NOW - HOUR}, True),
        ({"stored": NOW - 2 * HOUR, "tried": NOW - 60, "error": {"problem": "full"}}, False),
        ({"stored": NOW - 2 * HOUR, "tried": NOW - 700, "error": {"problem": "full"}}, True),
        ({"stored": NOW + DAY, "tried": NOW + DAY}, True),
    ],
    ids=["never", "fresh", "old", "just-failed", "failed-a-while-ago", "clock-was-ahead"],
)
def test_what_is_due(
    state: Path, monkeypatch: pytest.MonkeyPatch, told: dict[str, object], due_now: bool
) -> None:
    monkeypatch.setattr("time.time", lambda: NOW)
    (state / "state.json").write_text(json.dumps({"main": {"main": told}}))
    assert due.backups(declared()) == (["main"] if due_now else [])


def test_a_failed_proof_is_tried_again_sooner_than_one_that_held(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (state / "state.json").write_text(json.dumps({"main": {"main": {"stored": NOW - 5 * DAY}}}))
    monkeypatch.setattr("time.time", lambda: NOW)
    assert due.proofs(declared()) == ["main"]
    evidence.record({"what": "restore", "dataset": "main", "ok": True, "time": NOW - 2 * DAY})
    assert due.proofs(declared()) == []
    evidence.record({"what": "restore", "dataset": "main", "ok": False, "time": NOW - 2 * HOUR})
    assert due.proofs(declared()) == ["main"]


@pytest.mark.parametrize(
    ("hours", "clock", "quiet"),
    [
        ((480, 630), "08:00", True),
        ((480, 630), "10:29", True),
        ((480, 630), "10:30", False),
        ((1320, 360), "23:59", True),
        ((1320, 360), "05:59", True),
        ((1320, 360), "06:00", False),
        ((1320, 360), "21:59", False),
    ],
)
def test_in_quiet_hours_nothing_is_done_unasked(
    hours: tuple[int, int], clock: str, quiet: bool
) -> None:
    moment = time.mktime(time.strptime(f"2026-11-25 {clock}", "%Y-%m-%d %H:%M"))
    told = dataclasses.replace(declared(), quiet=(hours,))
    assert due.is_quiet(told, moment) is quiet


def read(part: int, of: int, age: float, *wrong: str) -> dict[str, object]:
    told = {"what": "read", "to": "main", "part": part, "of": of, "time": NOW - age}
    return {**told, "ok": not wrong, "wrong": list(wrong)}


def test_parts_follow_each_other_and_a_damaged_one_is_read_again(state: Path) -> None:
    assert verifying.following("main", 3) == (1, 3)
    for part, age in ((1, 3 * DAY), (2, 2 * DAY), (3, DAY)):
        evidence.record(read(part, 3, age))
    assert verifying.following("main", 3) == (1, 3)
    evidence.record(read(1, 3, HOUR, "pack 12 is damaged"))
    assert verifying.following("main", 3) == (1, 3)
    assert verifying.following("copy1", 3) == (1, 3)


@pytest.mark.parametrize(
    ("since", "wrong"),
    [
        ([], ["rot"]),
        ([read(3, 3, 0)], ["rot"]),
        ([read(2, 3, 0)], []),
        ([read(1, 1, 0)], []),
        ([read(1, 1, 0, "more"), read(2, 3, 0)], ["more"]),
    ],
    ids=["nothing", "another-part", "the-same-part", "everything", "everything-was-worse"],
)
def test_damage_is_told_until_the_same_part_was_read_well(
    since: list[dict[str, object]], wrong: list[str]
) -> None:
    assert verifying.damage([read(2, 3, DAY, "rot"), *since]) == wrong


def test_a_part_is_read_every_day_and_a_storage_that_is_down_asked_again_soon(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.time", lambda: NOW)
    assert due.readings(declared()) == []  # nothing is stored
    (state / "state.json").write_text(json.dumps({"main": {"main": {"stored": NOW - 5 * DAY}}}))
    assert due.readings(declared()) == ["main"]
    states.did(verifying.TRIED, "main")
    assert due.readings(declared()) == []
    monkeypatch.setattr("time.time", lambda: NOW + 2 * HOUR)
    assert due.readings(declared()) == ["main"]
    evidence.record(read(1, 30, 0))
    assert due.readings(declared()) == []
    monkeypatch.setattr("time.time", lambda: NOW + DAY)
    assert due.readings(declared()) == ["main"]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2026-11-24T15:36:14.350590715Z", 1795534574.350590715),
        ("2026-11-24T16:36:14+01:00", 1795534574.0),
    ],
)
def test_times_as_go_writes_them(text: str, seconds: float) -> None:
    assert snapshots.moment(text) == pytest.approx(seconds, abs=1e-5)


def test_a_verifier_is_the_one_of_rfc_7677() -> None:
    """Its example: user `user`, password `pencil`, this salt, 4096 rounds."""
    import base64

    salt = base64.b64decode("W22ZaJ0SNY7soEsUEjb6gQ==")
    made = verifier("pencil", salt)
    assert made == (
        "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$"
        "WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="
    )
    assert fits("pencil", made) and not fits("pencils", made) and not fits("pencil", "md5abc")
