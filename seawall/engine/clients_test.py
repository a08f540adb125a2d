"""Which database is meant, and what is typed for it, before any server is asked."""

import pytest

from seawall.config import parse
from seawall.engine import clients
from seawall.errors import ConfigError
from seawall.features.stability.databases.clients import CLIENTS

ONE = """\
servers: { web1: { host: local } }
databases:
  main: { engine: postgres, server: web1 }
"""
TWO = f"{ONE}  other: {{ engine: postgres, server: web1 }}\n"


def test_the_only_database_needs_no_name() -> None:
    assert clients.chosen(parse(ONE), "") == "main"
    assert clients.chosen(parse(TWO), "other") == "other"


@pytest.mark.parametrize(
    ("text", "name", "said"),
    [(TWO, "", "which database"), (ONE, "mian", "mian"), ("servers: {}\n", "", "no database")],
)
def test_nobody_lands_in_a_database_that_was_not_meant(text: str, name: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        clients.chosen(parse(text), name)


def test_what_psql_makes_belongs_to_the_app() -> None:
    words = CLIENTS["postgres"]("main", False)
    assert "PGOPTIONS=-c role=main" in words
    assert "--set=ON_ERROR_STOP=1" in words, "a script goes on after a statement that failed"
    assert "--set=ON_ERROR_STOP=1" not in CLIENTS["postgres"]("main", True)


def test_a_tunnel_to_this_very_machine_is_refused() -> None:
    with pytest.raises(ConfigError, match="leads there already"):
        clients.tunnel(parse(ONE), "main", 15432)
