"""Variables: what looks like a default or a secret, and what does not."""

import json
import time

import pytest

from seawall.agent.probes import variables


@pytest.mark.parametrize(
    ("name", "value", "looks"),
    [
        ("SECRET_KEY", "changeme", "placeholder"),
        ("SECRET_KEY", "django-insecure-8#4k", "placeholder"),
        ("SECRET_KEY_BASE", "your-secret-here", "placeholder"),
        ("ADMIN_PASSWORD", "admin", "placeholder"),
        ("JWT_SECRET", "supersecretkey123", "placeholder"),
        ("DATABASE_URL", "postgres://postgres:postgres@db/app", "placeholder"),
        ("DATABASE_URL", "postgres://acme:Zq81-xp2R@db/app", "secret"),
        ("STRIPE_API_KEY", "sk_live_4eC39HqLyjWDarjtT1", "secret"),
        ("ANYTHING", "ghp_16C7e42F292c6912E7710c838347Ae178B4a", "secret"),
        ("SESSION_SECRET", "9f8a7c6b5d4e3f2a1b0c", "secret"),
        ("DEBUG", "True", "debug"),
        ("FLASK_DEBUG", "1", "debug"),
        ("NODE_ENV", "development", "debug"),
        ("DEBUG", "0", ""),
        ("NODE_ENV", "production", ""),
        ("TOKEN_LIFETIME", "3600", ""),
        ("SECRET_KEY", "", ""),
        ("SECRET_KEY_FILE", "/run/secrets/key", ""),
        ("PASSWORD", "/run/credentials/password", ""),
        ("API_KEY", "true", ""),
        ("DATABASE_URL", "postgres://db/app", ""),
        ("PUBLIC_KEY_ID", "7c1f", ""),
        ("GREETING", "hello, admin", ""),
        ("LOG_LEVEL", "debug", ""),
    ],
)
def test_a_variable_is_judged_by_name_and_value(name: str, value: str, looks: str) -> None:
    assert variables.look(name, value) == looks


def test_no_value_leaves_the_server() -> None:
    told = list(variables.suspects({"SECRET_KEY": "s3cr3t", "B": "x", "API_KEY": "sk-Zq81xp2R"}))
    assert [each["name"] for each in told] == ["API_KEY", "SECRET_KEY"]
    assert "s3cr3t" not in json.dumps(told) and "Zq81" not in json.dumps(told)


def test_a_hostile_value_takes_no_time() -> None:
    began = time.monotonic()
    for value in ("secret" + "1" * 50_000 + "x", "a" * 50_000, "postgres://" + ":" * 50_000):
        variables.look("SECRET_KEY", value)
    assert time.monotonic() - began < 1
