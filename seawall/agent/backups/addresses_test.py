"""An address of a database elsewhere is understood, or refused without showing it."""

import pytest

from seawall.agent.backups.addresses import reached
from seawall.agent.backups.declared import Dataset
from seawall.agent.system import StepError


def of(url: str, engine: str = "postgres") -> "dict[str, object]":
    return dict(reached(Dataset("main", engine, {"url": url})).told)


def test_an_address_is_taken_apart() -> None:
    assert of("postgresql://an%40a:s%2Fecret@db.example:6432/shop?sslmode=verify-full") == {
        "host": "db.example",
        "port": 6432,
        "user": "an@a",
        "password": "s/ecret",
        "database": "shop",
        "tls": "verify-full",
        "authority": "",
    }
    assert of("postgres://a:b@db.example/shop")["tls"] == "require"
    assert of("postgresql+asyncpg://a:b@db.example/shop")["port"] is None


def test_one_without_an_address_stays_as_it_is() -> None:
    here = Dataset("main", "postgres", {"database": "main"})
    assert reached(here) is here


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("mysql://a:sesame@db.example/shop", "should look like"),
        ("postgresql://a:sesame@db.example:port/shop", "no URL"),
        ("postgresql://a:sesame@db.example", "should look like"),
        ("postgresql://db.example/sesame", "should look like"),
        ("postgresql://a:sesame@db.example/shop?sslmode=prefer", "no TLS"),
        ("postgresql://a:sesame@db.example/shop?sslmode=disable", "no TLS"),
    ],
)
def test_what_makes_no_sense_is_said_without_the_password(url: str, said: str) -> None:
    with pytest.raises(StepError, match=said) as raised:
        of(url)
    assert "sesame" not in f"{raised.value.problem}{raised.value.output}"


def test_an_engine_that_is_not_the_one_of_the_address_is_said() -> None:
    with pytest.raises(StepError, match="of postgres"):
        of("postgresql://a:b@db.example/shop", "mariadb")
