"""Which copy `seawall restore` means."""

import pytest

from seawall.commands.bringing_back import moment
from seawall.errors import ConfigError

NOW = 1_795_000_000.0


@pytest.mark.parametrize(
    ("text", "ago"),
    [("2h", 7200), ("90 min ago", 5400), ("3d", 3 * 86400), ("1w ago", 604800), ("0m", 0)],
)
def test_a_time_ago(text: str, ago: int) -> None:
    assert moment(text, NOW) == NOW - ago


def test_a_time_of_the_day() -> None:
    assert moment("2026-11-24T03:00:00Z", NOW) == 1_795_489_200
    assert moment("2026-11-24 04:00+01:00", NOW) == 1_795_489_200
    assert moment("2026-11-24 03:30", NOW) - moment("2026-11-24 03:00", NOW) == 1800


@pytest.mark.parametrize("text", ["", "yesterday", "24.11.2026", "-2h", "2026-13-01"])
def test_what_is_no_time_is_said(text: str) -> None:
    with pytest.raises(ConfigError, match="that is no time"):
        moment(text, NOW)
