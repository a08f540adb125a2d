"""What decides about copies of MariaDB without a server: names, rights, versions, counters."""

import io

import pytest

from seawall.agent.backups.engines import (
    Want,
    mysql,
    mysql_accounts,
    mysql_beside,
    mysql_catalogue,
    mysql_dump,
)
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


DUMP = b"""-- Current Database: `main`
CREATE DATABASE `main`;
USE `main`;
-- Table structure for table `a`
CREATE TABLE `a` (x text);
-- Dumping data for table `a`
INSERT INTO `a` VALUES ('USE `main`');
ALTER DATABASE `main` COLLATE utf8mb4_bin ;
-- Table structure for table `b`
CREATE TABLE `b` (x int);
-- Dumping events for database 'main'
CREATE EVENT e;
-- Dumping routines for database 'main'
CREATE PROCEDURE p;
"""


def test_no_line_of_a_copy_beside_names_the_live_database() -> None:
    lines = b"".join(mysql_beside.renamed(io.BytesIO(DUMP), "main", Want("main_2")))
    assert lines.count(b"`main_2`") == 4 and b"CREATE PROCEDURE" in lines
    assert b"EVENT" not in lines and b"'USE `main`'" in lines


def test_one_table_of_a_copy_comes_without_the_others() -> None:
    lines = b"".join(mysql_beside.renamed(io.BytesIO(DUMP), "main", Want("main_2", "a")))
    assert b"USE `main_2`" in lines and b"INSERT INTO `a`" in lines
    assert b"`b`" not in lines and b"PROCEDURE" not in lines


def test_rights_are_given_on_the_copy_beside() -> None:
    grants = [
        r"GRANT SELECT ON `my\_db`.* TO `a`@`b`",
        "GRANT INSERT ON `my_db`.`t` TO `a`@`b`",
        "GRANT EXECUTE ON FUNCTION `my_db`.`f` TO `a`@`b`",
        "GRANT USAGE ON *.* TO `a`@`b`",
    ]
    assert mysql_beside.moved(grants, "my_db", "x_1") == [
        r"GRANT SELECT ON `x\_1`.* TO `a`@`b`",
        "GRANT INSERT ON `x_1`.`t` TO `a`@`b`",
        "GRANT EXECUTE ON FUNCTION `x_1`.`f` TO `a`@`b`",
    ]
