"""What decides about copies of MariaDB without a server: names, rights, versions, counters."""

import pytest

from seawall.agent.backups.engines import mysql, mysql_accounts, mysql_catalogue, mysql_dump
from seawall.agent.steps import mariadb as steps


def test_a_field_of_the_client_is_read_as_it_was() -> None:
    assert mysql.plain(r"a\tb\nc\\nd\0") == "a\tb\nc\\nd\0"


@pytest.mark.parametrize(
    ("grant", "concerned"),
    [
        ("GRANT ALL PRIVILEGES ON `main`.* TO `a`@`b`", True),
        ("GRANT SELECT ON `ma%`.* TO `a`@`b`", True),
        ("GRANT SELECT ON `mai_`.* TO `a`@`b`", True),
        (r"GRANT SELECT ON `mai\_`.* TO `a`@`b`", False),
        ("GRANT SELECT (`x`) ON `other`.`t` TO `a`@`b`", False),
        ("GRANT EXECUTE ON PROCEDURE `main`.`p` TO `a`@`b`", True),
        ("GRANT EXECUTE ON PACKAGE BODY `other`.`p` TO `a`@`b`", False),
        ("GRANT SUPER ON *.* TO `a`@`b`", True),
        ("GRANT `reader` TO `a`@`b`", True),
    ],
)
def test_rights_on_another_database_are_left_out(grant: str, concerned: bool) -> None:
    assert mysql_accounts.concerns(grant, "main") is concerned


def test_a_grant_does_not_make_an_account() -> None:
    line = (
        "GRANT USAGE ON *.* TO `a`@`b` IDENTIFIED BY PASSWORD '*AB' REQUIRE SSL WITH GRANT OPTION"
    )
    bare = "GRANT USAGE ON *.* TO `a`@`b` REQUIRE SSL WITH GRANT OPTION"
    assert mysql_accounts.bare(line) == bare


def test_what_the_server_keeps_of_a_password_is_compared_and_not_shown() -> None:
    def told(password: str) -> str:
        made = f"CREATE USER `a`@`b` IDENTIFIED BY PASSWORD '{password}'"
        return str(mysql_accounts.compared([mysql_accounts.Account("a@b", made, [])]))

    assert told("*AB") == told("*AB") != told("*AC")
    assert "*AB" not in told("*AB")


@pytest.mark.parametrize("name", ["`a`@`10.%`", "`it``s`@`localhost`", "`reader`"])
def test_the_account_that_a_statement_makes_is_known(name: str) -> None:
    kind = "USER" if "@" in name else "ROLE"
    assert mysql_accounts.spelled(f"CREATE {kind} {name} IDENTIFIED BY PASSWORD '*A'") == name


def test_a_version_is_compared_by_its_numbers() -> None:
    pattern = r"(?:Distrib|from) (\d+)\.(\d+)"
    old = "mysqldump  Ver 10.19 Distrib 10.5.23-MariaDB, for debian-linux-gnu (x86_64)"
    new = "mariadb-dump from 11.8.2-MariaDB, client 10.19 for debian-linux-gnu (x86_64)"
    assert mysql_dump.number(old, pattern) == (10, 5)
    assert mysql_dump.number(new, pattern) == (11, 8)
    assert mysql_dump.number("10.11.19-MariaDB-0+deb12u1") == (10, 11)


def test_a_counter_that_would_hand_out_a_number_again_is_found() -> None:
    assert list(mysql_catalogue.behind({"a": 5, "b": 7, "c": 1}, {"a": 6, "b": 6})) == [
        "b counts on from 6, and was at 7",
        "c counts on from None, and was at 1",
    ]


def test_a_password_is_kept_as_mariadb_keeps_it() -> None:
    """SELECT PASSWORD('secret'), from MariaDB itself."""
    assert steps.hashed("secret") == "*14E65567ABDB5135D0CFD9A70B3032C179A49EE7"


@pytest.mark.parametrize(("gibibytes", "pool"), [(0.5, "64M"), (2, "256M"), (16, "2048M")])
def test_an_eighth_of_the_memory_is_the_servers(gibibytes: float, pool: str) -> None:
    seen = steps.sized(int(gibibytes * steps.GIBIBYTE * 0.99))
    assert seen["innodb_buffer_pool_size"] == pool
