"""Exactly one piece of news when something begins and one when it is over, whatever numbers come,
whoever dies in between; and hardly any from a healthy server."""

import json
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seawall.agent.monitor.judge import MOST_AN_HOUR, Judge
from seawall.agent.monitor.rules import RULES, chosen

START = 1_800_000_000.0
EVERY = 10.0
RULE = {rule.name: rule for rule in RULES}


class Time:
    """A judge and the time it is told; `killed` starts another from what was saved."""

    def __init__(self, **numbers: object) -> None:
        self.rules = chosen(numbers)
        self.kept: dict[str, Any] = {}
        self.judge = Judge(self.rules, self.kept)
        self.now = START

    def killed(self) -> None:
        self.kept = json.loads(json.dumps(self.kept))
        self.judge = Judge(self.rules, self.kept)

    def pass_(
        self, seconds: float, sample: dict[str, dict[str, float]], calm: bool = False
    ) -> list[str]:
        """Look at the same for so long; what was told, as words."""
        told = []
        for _ in range(max(1, int(seconds / EVERY))):
            for each in self.judge.judge(sample, self.now, EVERY, calm=calm):
                told.append(f"{each['kind']} {each['rule']} {each['subject']} {each['level']}")
            self.now += EVERY
        return told


def disk(used: float, free: float = 1e9, path: str = "/") -> dict[str, dict[str, float]]:
    return {"disk.used": {path: used}, "disk.free": {path: free}}


def events(rule: str, *subjects: str) -> dict[str, dict[str, float]]:
    return {RULE[rule].metric: dict.fromkeys(subjects, 1.0)}


def test_one_fire_after_its_time_and_one_resolve_after_as_long() -> None:
    time = Time()
    assert time.pass_(50, disk(95)) == []
    assert time.pass_(20, disk(95)) == ["fire disk-space / 1"]
    assert time.pass_(3600, disk(95)) == []
    assert time.pass_(3600, disk(85)) == []  # between the two thresholds nothing is said
    assert time.pass_(60, disk(70)) == []
    assert time.pass_(20, disk(70)) == ["resolve disk-space / 1"]
    assert time.pass_(3600, disk(70)) == []
    assert time.kept["states"]["disk-space"] == {}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule.name))
def test_every_rule_fires_once_within_its_time_and_resolves_once(rule: Any) -> None:
    time, subject = Time(), "x"
    wrong = rule.warning + (-0.1 if rule.falling else 0.1)
    well = rule.clear[0] + (1 if rule.falling else -1)
    beside: dict[str, dict[str, float]] = {}
    if rule.beside:
        name, limit = rule.beside
        beside = {name: {subject: -limit if limit < 0 else limit / 2}}
    assert time.pass_(3600, {rule.metric: {subject: well}, **beside}) == []
    began = time.now
    told = time.pass_(rule.seconds + 20, {rule.metric: {subject: wrong}, **beside})
    assert [each.split()[0] for each in told] == ["fire"], rule.name
    assert time.now - began <= rule.seconds + 30
    told = time.pass_(600, {rule.metric: {subject: well}, **beside})
    assert [each.split()[0] for each in told] == ["resolve"], rule.name


def test_what_gets_worse_is_told_once_more_and_is_over_once() -> None:
    time = Time()
    assert time.pass_(80, disk(95)) == ["fire disk-space / 1"]
    assert time.pass_(80, disk(99)) == ["fire disk-space / 2"]
    assert time.pass_(300, disk(89)) == []
    assert time.pass_(300, disk(99)) == []  # it was told as critical, and is not over
    assert time.pass_(80, disk(10)) == ["resolve disk-space / 2"]


def test_a_large_disk_with_room_is_no_news() -> None:
    assert Time().pass_(3600, disk(95, free=400e9)) == []


def test_what_is_gone_is_over_and_what_is_not_seen_changes_nothing() -> None:
    time = Time()
    assert time.pass_(80, disk(95, path="/mnt/usb")) == ["fire disk-space /mnt/usb 1"]
    assert time.pass_(7200, {}) == []
    assert time.pass_(80, {"disk.used": {}, "disk.free": {}}) == ["resolve disk-space /mnt/usb 1"]


def test_a_kill_at_any_moment_costs_and_doubles_nothing() -> None:
    time = Time()
    told = []
    for used in [10] * 10 + [95] * 30 + [10] * 30:
        told += time.pass_(EVERY, disk(used))
        time.killed()
    assert told == ["fire disk-space / 1", "resolve disk-space / 1"]


def test_a_metric_that_flaps_for_an_hour_is_told_three_times_at_most() -> None:
    time, told = Time(), []
    for turn in range(24):
        told += time.pass_(150, disk(95 if turn % 2 else 10))
    assert len(told) <= MOST_AN_HOUR
    later = time.pass_(2 * 3600, disk(10))
    assert [*told, *later][-1] == "resolve disk-space / 1"  # in the end it is said how it stands


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 100), st.integers(1, 60)), max_size=60))
def test_fires_and_resolves_take_turns_and_never_too_often(
    numbers: list[tuple[float, int]],
) -> None:
    time = Time(**{"disk-space": {"critical": 101.0}})
    told: list[tuple[float, str]] = []
    for used, looks in numbers:
        for _ in range(looks):
            told += [(time.now, each.split()[0]) for each in time.pass_(EVERY, disk(used))]
    kinds = [kind for _, kind in told]
    assert kinds == ["fire", "resolve"] * (len(kinds) // 2) + ["fire"] * (len(kinds) % 2)
    for at, _ in told:
        assert sum(1 for other, _ in told if at <= other < at + 3600) <= MOST_AN_HOUR


def test_many_at_once_are_one_message_and_one_resolve() -> None:
    time = Time()
    units = [f"app{number}.service" for number in range(50)]
    told = time.pass_(120, events("unit-failed", *units))
    assert told == ["fire unit-failed 50 at once 1"]
    assert time.pass_(60, events("unit-failed", *units, "late.service")) == []
    time.killed()
    assert time.pass_(120, events("unit-failed", "late.service", "app7.service")) == []
    assert time.pass_(120, events("unit-failed")) == ["resolve unit-failed 50 at once 1"]
    assert time.kept["groups"] == []


def test_work_under_way_is_no_news_and_what_it_broke_is() -> None:
    time, failed = Time(), events("unit-failed", "web.service")
    assert time.pass_(600, failed, calm=True) == []
    assert time.pass_(20, failed) == []
    assert time.pass_(30, failed) == ["fire unit-failed web.service 1"]
    assert time.pass_(120, disk(95), calm=True) == ["fire disk-space / 1"]  # this one waits not
    assert time.pass_(60, {"unit.failed": {}}, calm=True) == ["resolve unit-failed web.service 1"]


def test_events_need_no_time_but_wait_for_work_under_way() -> None:
    time = Time()
    loop = {"unit.restarts": {"web.service": 9.0}}
    assert time.pass_(60, loop, calm=True) == []
    assert time.pass_(10, loop) == ["fire crash-loop web.service 2"]


def test_rules_can_be_silenced_and_given_other_numbers() -> None:
    time = Time(**{"disk-space": {"warning": 50.0, "critical": 60.0, "seconds": 10.0}})
    assert time.pass_(20, disk(55)) == ["fire disk-space / 1"]
    assert time.pass_(40, disk(45)) == []  # the way back keeps its distance: 40
    assert time.pass_(40, disk(39)) == ["resolve disk-space / 1"]
    assert Time(**{"disk-space": False}).pass_(3600, disk(99)) == []


def test_a_clock_that_jumps_and_a_server_that_slept_make_no_news() -> None:
    time = Time()
    time.pass_(30, disk(95))
    time.now -= 1e9
    assert time.pass_(20, disk(95)) == []
    time.now += 3e9
    assert time.pass_(20, disk(95)) == ["fire disk-space / 1"]
    time.now -= 2e9
    assert time.pass_(80, disk(10)) == ["resolve disk-space / 1"]


def test_a_quiet_month_is_quiet() -> None:
    """Thirty days of a small server that is used: waves by day, noise, a nightly job that keeps
    processors and disk busy for minutes, swap that fills a little, one restart a week."""
    chance, time, told = random.Random(7), Time(), []
    for minute in range(30 * 24 * 60):
        day = abs((minute % 1440) / 720 - 1)
        nightly = minute % 1440 < 8
        sample = {
            "cpu.busy": {"": 97.0 if nightly else min(99, 20 + 40 * day + chance.gauss(0, 12))},
            "cpu.load": {"": 2.6 if nightly else 0.3 + day + chance.random() / 2},
            "cpu.stolen": {"": 40.0 if chance.random() < 0.01 else 1.0},
            "memory.available": {"": 35 - 15 * day + chance.gauss(0, 4)},
            "memory.stalled": {"": 30.0 if chance.random() < 0.005 else 0.0},
            "io.stalled": {"": 70.0 if nightly else chance.random() * 5},
            "swap.used": {"": min(95, 20 + minute / 500)},
            "swap.in": {"": 0.0},
            "disk.used": {"/": 60 + minute / 4000 + (3 if nightly else 0)},
            "disk.free": {"/": 9e9},
            "disk.hours_left": {"/": 800 + chance.gauss(0, 200)},
            "unit.failed": {"certbot.service": 1.0} if chance.random() < 0.0003 else {},
            "unit.restarts": {"web.service": 1.0} if minute % 10080 == 77 else {},
            "backup.age": {"main": (minute % 360) / 360},
            "certificate.days": {"acme.example": 30 + (90000 - minute) % 86400 / 1440},
        }
        for each in time.judge.judge(sample, time.now, 60.0):
            told.append(f"{each['kind']} {each['rule']}")
        time.now += 60.0
    assert len(told) <= 4, told
