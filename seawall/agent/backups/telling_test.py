"""What two manifests differ in, and which run is meant."""

import pytest

from seawall.agent import system
from seawall.agent.backups import telling
from seawall.agent.backups.manifest import Manifest
from seawall.agent.backups.sets import Set, one

BEFORE = {"rows of": {"public.a": "3 with checksum 1", "public.b": "1 with checksum 1"}}
AFTER = {"rows of": {"public.a": "2 with checksum 9", "public.c": "0 with checksum 0"}}
FOUND = [Set("20261124T0300", 1.0, "m1", {"main": "abcd"}, ()), Set("20261125", 2.0, "m2", {}, ())]


def test_what_is_gained_lost_and_changed_is_told_apart() -> None:
    told = telling.parts_changed(BEFORE, AFTER)
    assert {kind: [each["name"] for each in told[kind]] for kind in told} == {
        "gained": ["public.c"],
        "lost": ["public.b"],
        "changed": ["public.a"],
    }
    assert not any(telling.parts_changed(AFTER, AFTER).values())


def test_a_run_is_named_by_its_beginning_or_by_a_snapshot() -> None:
    assert one(FOUND, "20261124").run == one(FOUND, "abc").run == FOUND[0].run
    for wrong in ("2026112", "x", ""):
        with pytest.raises(system.StepError):
            one(FOUND, wrong)


def test_passwords_of_roles_are_not_told() -> None:
    made = Manifest("postgres", "15", 1, BEFORE, {"roles": "CREATE ROLE x PASSWORD 'SCRAM'"})
    assert "SCRAM" not in str(telling._content(made))
