"""A Redis without a password is found, the more so where others reach it."""

import pytest

from seawall.features.stability.databases.kinds.redis import Redis
from seawall.kit import Look
from seawall.kit.trial import Described


@pytest.mark.parametrize(("reach", "severity"), [("local", "should"), ("everywhere", "must")])
def test_one_that_answers_whoever_asks_is_found(reach: str, severity: str) -> None:
    door = {"address": "127.0.0.1", "port": 6379, "reach": reach}
    facts = {"redis": {"there": True, "open": [door]}}
    [found] = Redis().closed(Look(Described(), "web1", True, facts))
    assert found.problem == "Redis has no password" and found.severity == severity
    assert "seawall apply web1" in found.fix


def test_a_password_is_written_into_the_address_as_it_has_to_be() -> None:
    assert Redis().address("cache", "a/b@c") == "redis://:a%2Fb%40c@127.0.0.1:6379/0"
