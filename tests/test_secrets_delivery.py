"""Where a value comes from when an app wants it, and what is said when it cannot be had."""

import json
import sys
from pathlib import Path

import pytest
from keyring import Team, admin

from seawall.config import Config
from seawall.engine.deploying import secrets_of
from seawall.errors import ConfigError, Locked, SeawallError
from seawall.features.scalability.apps.installed import steps
from seawall.report.bugs import redact
from seawall.secrets import Store, identities
from seawall.secrets.collecting import collect

APP = "apps:\n  web: {{ process: ./serve, secrets: [{names}]{more} }}\n"


@pytest.fixture
def team(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Team:
    """Dana at the machine."""
    made = Team(tmp_path)
    made.key("dana")
    for name, value in made.environment("dana").items():
        monkeypatch.setenv(name, value)
    for name in ("SSH_AUTH_SOCK", "CI", "A", "B", "SEAWALL_SECRETS_KEY"):
        monkeypatch.delenv(name, raising=False)
    return made


def described(team: Team, names: str, more: str = "", rest: str = "") -> Config:
    key = (team.homes / "dana/.ssh/id_ed25519.pub").read_text().strip()
    return team.describe({"dana": admin(key)}, APP.format(names=names, more=more) + rest)


def test_an_app_gets_the_secrets_it_names_and_no_others(team: Team) -> None:
    config = described(team, "A")
    Store.open(config, create=True).update({"A": "one-value", "B": "other-value"})
    assert secrets_of(config, "web").values == {"A": "one-value"}


def test_what_is_kept_wins_over_a_variable_and_that_is_said(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = described(team, "A, B")
    Store.open(config, create=True).set("A", "kept")
    monkeypatch.setenv("A", "lies around")
    monkeypatch.setenv("B", "from CI")
    found = secrets_of(config, "web")
    assert found.values == {"A": "kept", "B": "from CI"}
    assert found.shadowed == ["A"]
    monkeypatch.setenv("A", "kept")
    assert not secrets_of(config, "web").shadowed


def test_without_a_file_everything_is_as_in_ci(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    config = described(team, "A")
    monkeypatch.setenv("A", "from CI")
    assert secrets_of(config, "web").values == {"A": "from CI"}


def test_every_missing_one_is_named_with_what_to_type(team: Team) -> None:
    config = described(team, "A, B, C")
    with pytest.raises(ConfigError, match=r"^A, B, C: secret of web, neither kept nor") as caught:
        secrets_of(config, "web")
    assert caught.value.hint == "seawall secrets init, then seawall secrets set A"
    Store.open(config, create=True).set("A", "1")
    with pytest.raises(ConfigError, match=r"^B, C: secret of web, neither"):
        secrets_of(config, "web")


def test_another_environment_is_named_by_the_app(team: Team) -> None:
    config = described(team, "A", ", environment: staging")
    Store.open(config, create=True).set("A", "production")
    with pytest.raises(ConfigError) as caught:
        secrets_of(config, "web")
    assert "secrets set A --env staging" in caught.value.hint
    Store.open(config, "staging", create=True).set("A", "staging")
    assert secrets_of(config, "web").values == {"A": "staging"}


def test_who_cannot_read_what_is_kept_does_not_deploy_something_else(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = described(team, "A")
    Store.open(config, create=True).set("A", "kept")
    identities.forget()
    monkeypatch.setenv("HOME", str(team.homes))
    monkeypatch.setenv("XDG_DATA_HOME", str(team.homes))
    monkeypatch.setenv("A", "mine")
    with pytest.raises(Locked):
        secrets_of(config, "web")


def test_the_passwords_of_visitors_are_kept_too(team: Team) -> None:
    more = ", domain: acme.example, basic_auth: { team: STAGING }"
    config = described(team, "", more)

    def hashes() -> list[str]:
        files = steps(config, "web1", config.section("apps").on("web1"))
        return [step.content for step in files if getattr(step, "secret", False)]

    assert hashes() == []
    Store.open(config, create=True).set("STAGING", "hunter2-hunter2")
    [hashed] = hashes()
    assert hashed.startswith("$2b$") and hashes() == [hashed]


# Other places, each through a program of its own


PROGRAM = """\
#!{python}
import json, sys
from pathlib import Path
Path(__file__).with_suffix(".seen").write_text(json.dumps(sys.argv[1:]))
sys.stdout.write({answer!r})
sys.stderr.write({error!r})
sys.exit({code})
"""
JSON = '{"KEY": "from-aws"}\n'
AWS = ("secretsmanager", "get-secret-value", "--secret-id")
PLACES = {
    "op://vault/stripe/key": (["read", "--no-newline", "op://vault/stripe/key"], "v-op", "v-op"),
    "pass:acme/stripe": (["show", "acme/stripe"], "v-pass\nurl: x\n", "v-pass"),
    "bw:acme-stripe": (["get", "password", "acme-stripe"], "v-bw", "v-bw"),
    "aws:acme/all#KEY": (
        [*AWS, "acme/all", "--query", "SecretString", "--output", "text"],
        JSON,
        "from-aws",
    ),
    "aws:acme/pem": (
        [*AWS, "acme/pem", "--query", "SecretString", "--output", "text"],
        "two\nlines\n",
        "two\nlines",
    ),
    "gcloud:stripe": (["secrets", "versions", "access", "latest", "--secret=stripe"], "v", "v"),
    "gcloud:projects/acme/secrets/stripe": (
        ["secrets", "versions", "access", "latest", "--secret=stripe", "--project=acme"],
        "v",
        "v",
    ),
}


def program(team: Team, patch: pytest.MonkeyPatch, name: str, answer: str, code: int = 0) -> Path:
    """Put a program of this name on PATH; where it writes what it was asked."""
    folder = team.homes / "bin"
    folder.mkdir()
    error = "error: you are not logged in\n" if code else ""
    text = PROGRAM.format(python=sys.executable, answer=answer, error=error, code=code)
    (folder / name).write_text(text)
    (folder / name).chmod(0o755)
    patch.setenv("PATH", str(folder))
    return folder / f"{name}.seen"


@pytest.mark.parametrize("source", PLACES)
def test_a_secret_may_be_kept_elsewhere(
    team: Team, monkeypatch: pytest.MonkeyPatch, source: str
) -> None:
    words, answer, value = PLACES[source]
    seen = program(team, monkeypatch, source.partition(":")[0], answer)
    config = described(team, "A", rest=f'secrets:\n  from: {{ A: "{source}" }}\n')
    Store.open(config, create=True).set("A", "kept as well, and not taken")
    assert collect(config, ["A"]).values == {"A": value}
    assert json.loads(seen.read_text()) == words


def test_another_variable_may_hold_it(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    config = described(team, "A", rest='secrets:\n  from: { A: "env:HEROKU_A" }\n')
    monkeypatch.setenv("HEROKU_A", "there")
    assert collect(config, ["A"]).values == {"A": "there"}
    monkeypatch.delenv("HEROKU_A")
    with pytest.raises(SeawallError, match="A: env:HEROKU_A cannot be read: HEROKU_A is not in"):
        collect(config, ["A"])


FAILURES = {
    "not installed": ("", None, "op of 1Password is not installed"),
    "not logged in": ("secret-on-stdout", 1, "error: you are not logged in"),
    "empty": ("", 0, "it is empty"),
}


@pytest.mark.parametrize("case", FAILURES)
def test_a_place_that_does_not_answer_is_said(
    team: Team, monkeypatch: pytest.MonkeyPatch, case: str
) -> None:
    answer, code, told = FAILURES[case]
    program(team, monkeypatch, "other" if code is None else "op", answer, code or 0)
    config = described(team, "A", rest='secrets:\n  from: { A: "op://vault/a/b" }\n')
    with pytest.raises(SeawallError) as caught:
        collect(config, ["A"])
    assert caught.value.problem == f"A: op://vault/a/b cannot be read: {told}"
    assert caught.value.hint == "op signin, then try again"


# What is kept of a run that went wrong


def test_a_bug_report_holds_no_value_that_was_seen(team: Team) -> None:
    config = described(team, "A")
    store = Store.open(config, create=True)
    store.set("A", "correct horse battery\nstaple")
    told = redact("cannot parse 'correct horse battery' near correct horse battery\nstaple")
    assert "horse" not in told
