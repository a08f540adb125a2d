"""A moment that was said is the moment that was meant, and never one that is still to come."""

from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.commands.moments import moment
from seawall.errors import ConfigError

NOW = datetime(2026, 11, 25, 1, 30, tzinfo=UTC)  # a Wednesday


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("3h", "2026-11-24 22:30"),
        ("2d ago", "2026-11-23 01:30"),
        ("01:10", "2026-11-25 01:10"),
        ("02:10", "2026-11-24 02:10"),
        ("yesterday 14:00", "2026-11-24 14:00"),
        ("yesterday", "2026-11-24 00:00"),
        ("today", "2026-11-25 00:00"),
        ("last tuesday 02:10", "2026-11-24 02:10"),
        ("Tue 02:10", "2026-11-24 02:10"),
        ("wednesday 01:00", "2026-11-25 01:00"),
        ("last wednesday at 01:00", "2026-11-18 01:00"),
        ("wednesday 02:00", "2026-11-18 02:00"),
        ("2026-11-17T02:10Z", "2026-11-17 02:10"),
        ("2026-11-17 02:10+00:00", "2026-11-17 02:10"),
    ],
)
def test_it_is_the_moment_that_was_meant(said: str, meant: str) -> None:
    found = datetime.fromtimestamp(moment("--at", said, NOW), UTC)
    assert found.strftime("%Y-%m-%d %H:%M") == meant


@pytest.mark.parametrize("said", ["", "soon", "25:00", "last", "2099-01-01", "tomorrow 1:00"])
def test_what_is_none_is_said(said: str) -> None:
    with pytest.raises(ConfigError):
        moment("--at", said, NOW)


@given(st.text(max_size=20))
def test_anything_else_is_an_error(said: str) -> None:
    with suppress(ConfigError):
        assert moment("--at", said, NOW) <= NOW.timestamp()
