"""The file of secrets: what it keeps, for whom, and what it refuses. With stock age beside it."""

import re
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from keyring import Team, admin

from seawall.errors import ConfigError, SeawallError
from seawall.secrets import Store, generated, identities, page, seal
from seawall.secrets.identities import Ask

STRIPE = "sk_live_4eC39HqLyjWDarjtT1zdp7dc"
PEM = "-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMG\n-----END PRIVATE KEY-----\n"


@pytest.fixture
def team(tmp_path: Path) -> Team:
    return Team(tmp_path)


@pytest.fixture
def at(team: Team, monkeypatch: pytest.MonkeyPatch) -> Iterator["At"]:
    yield At(team, monkeypatch)


class At:
    """Who sits at the machine."""

    def __init__(self, team: Team, patch: pytest.MonkeyPatch) -> None:
        self.team, self.patch = team, patch

    def __call__(self, name: str) -> None:
        for variable in ("SSH_AUTH_SOCK", "CI", "SEAWALL_SECRETS_KEY"):
            self.patch.delenv(variable, raising=False)
        self.patch.setenv("HOME", str(self.team.homes / name))
        self.patch.setenv("XDG_DATA_HOME", str(self.team.homes / name / "share"))


@pytest.fixture
def dana(team: Team, at: At) -> Store:
    """Dana's secrets, opened with her own ssh key."""
    config = team.describe({"dana": admin(team.key("dana"))})
    at("dana")
    return Store.open(config, create=True)


def again(store: Store, ask: Ask = lambda question: None) -> Store:
    """The same file, as a new run reads it."""
    identities.forget()
    return Store.open(store.config, store.environment, ask=ask)


def forget_project_key(team: Team, name: str) -> None:
    identities.forget()
    for file in (team.homes / name / "share" / "seawall" / "keys").iterdir():
        file.unlink()


def age(*words: str, given: str = "") -> str:
    """Stock age; what it prints."""
    done = subprocess.run(["age", *words], input=given, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


# What it keeps


@pytest.mark.parametrize("value", [STRIPE, PEM, "x", "näme=\"'$`\\ \t#", " spaces ", "a\n\nb\n"])
def test_a_value_comes_back_as_it_was(dana: Store, value: str) -> None:
    assert dana.set("STRIPE_KEY", value)
    assert again(dana).get("STRIPE_KEY") == value
    assert again(dana).names() == ("STRIPE_KEY",)


def test_names_are_in_the_open_and_values_are_not(dana: Store) -> None:
    dana.set("STRIPE_KEY", STRIPE)
    text = dana.path.read_text()
    assert "value STRIPE_KEY 20" in text
    assert STRIPE not in text and "reader dana ssh-ed25519" in text


def test_names_need_no_key(dana: Store, team: Team, at: At) -> None:
    dana.set("STRIPE_KEY", STRIPE)
    team.key("stranger")
    at("stranger")
    assert again(dana).names() == ("STRIPE_KEY",)


def test_a_value_is_made_once(dana: Store) -> None:
    made = dana.ensure("DATABASE_PASSWORD")
    assert len(made) == 43
    assert again(dana).ensure("DATABASE_PASSWORD", lambda: "another") == made


def test_what_did_not_change_is_not_written(dana: Store) -> None:
    dana.set("A", "1")
    before = dana.path.read_bytes()
    assert not again(dana).set("A", "1")
    assert dana.path.read_bytes() == before


def test_a_change_touches_its_own_block_only(dana: Store) -> None:
    for name in "ABC":
        dana.set(name, name)
    before = dana.path.read_text().split("\n\n")
    again(dana).set("B", "new")
    after = dana.path.read_text().split("\n\n")
    assert [one[:7] for one, other in zip(before, after, strict=True) if one != other] == [
        "value B"
    ]


def test_writers_at_once_lose_nothing(dana: Store) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: again(dana).set(f"N{n}", str(n)), range(24)))
    assert {again(dana).get(f"N{n}") for n in range(24)} == {str(n) for n in range(24)}


def test_a_removed_value_is_gone(dana: Store) -> None:
    dana.set("A", "1")
    dana.remove("A")
    with pytest.raises(ConfigError, match=r"secrets/production.age: no A"):
        again(dana).get("A")


def test_environments_are_apart_and_share_the_projects_key(dana: Store) -> None:
    staging = Store.open(dana.config, "staging", create=True)
    staging.set("A", "staging")
    dana.set("A", "production")
    assert again(staging).get("A") == "staging"
    assert dict(staging.page.readers)["project"] == dict(dana.page.readers)["project"]


def test_nothing_is_kept_before_there_is_a_file(team: Team, at: At) -> None:
    config = team.describe({"dana": admin(team.key("dana"))})
    at("dana")
    store = Store.open(config)
    assert store.names() == ()
    for attempt in (lambda: store.get("A"), lambda: store.set("A", "1"), lambda: store.ensure("A")):
        with pytest.raises(ConfigError, match="no such file") as caught:
            attempt()
        assert "seawall secrets init" in caught.value.hint


@pytest.mark.parametrize("name", ["", "1A", "A-B", "A B", "sk_live.x", "A" * 129])
def test_a_wrong_name_is_refused_and_not_repeated(dana: Store, name: str) -> None:
    with pytest.raises(ConfigError, match=r"^that is not a name for a secret$"):
        dana.set(name, "1")


@pytest.mark.parametrize("value", ["", "a\0b", "x" * (1 << 20) + "x"])
def test_a_wrong_value_is_refused_and_not_repeated(dana: Store, value: str) -> None:
    with pytest.raises(ConfigError) as caught:
        dana.set("A", value)
    assert len(str(caught.value)) < 80


# For whom


def test_stock_age_reads_it_with_a_persons_key(dana: Store, team: Team, tmp_path: Path) -> None:
    dana.set("STRIPE_KEY", STRIPE)
    key = age("-d", "-i", str(team.homes / "dana/.ssh/id_ed25519"), given=dana.page.key)
    (tmp_path / "key.txt").write_text(key)
    armor = dana.page.values["STRIPE_KEY"].armor
    read = age("-d", "-i", str(tmp_path / "key.txt"), given=armor)
    assert read.partition("\n")[2] == STRIPE


def test_stock_age_reads_it_with_the_projects_key(dana: Store, team: Team) -> None:
    [kept] = (team.homes / "dana/share/seawall/keys").iterdir()
    assert kept.stat().st_mode & 0o777 == 0o600
    assert "AGE-SECRET-KEY-1" in age("-d", "-i", str(kept), given=dana.page.key)


def test_what_stock_age_wrote_is_read(dana: Store) -> None:
    line = "value A 2026-01-01T00:00:00Z"
    to = seal.public(dana.key())
    armor = age("-a", "-r", to, given=f"{line.removeprefix('value ')}\n{PEM}")
    dana.path.write_text(f"{dana.path.read_text()}\n{line}\n{armor}")
    assert again(dana).get("A") == PEM


@pytest.mark.parametrize("kind", [(), ("-t", "rsa", "-b", "3072"), ("-t", "rsa", "-m", "PEM")])
def test_an_ssh_key_alone_opens_it(team: Team, at: At, kind: tuple[str, ...]) -> None:
    config = team.describe({"dana": admin(team.key("dana", *kind))})
    at("dana")
    Store.open(config, create=True).set("A", "1")
    forget_project_key(team, "dana")
    assert Store.open(config).get("A") == "1"


@pytest.mark.parametrize("kind", [(), ("-t", "rsa"), ("-t", "rsa", "-m", "PEM")])
def test_a_passphrase_is_asked_for(team: Team, at: At, kind: tuple[str, ...]) -> None:
    config = team.describe({"dana": admin(team.key("dana", *kind, passphrase="open sesame"))})
    at("dana")
    Store.open(config, create=True).set("A", "1")
    forget_project_key(team, "dana")
    typed = iter(["wrong", "open sesame"])
    asked: list[str] = []
    store = Store.open(config, ask=lambda question: asked.append(question) or next(typed))
    assert store.get("A") == "1"
    assert len(asked) == 2 and "Passphrase of" in asked[0]


def test_the_projects_key_needs_no_passphrase(team: Team, at: At) -> None:
    config = team.describe({"dana": admin(team.key("dana", passphrase="open sesame"))})
    at("dana")
    Store.open(config, create=True).set("A", "1")
    identities.forget()
    store = Store.open(config, ask=lambda question: pytest.fail(question))
    assert store.get("A") == "1"


def test_ci_has_the_projects_key_in_a_variable(
    dana: Store, team: Team, at: At, monkeypatch: pytest.MonkeyPatch
) -> None:
    dana.set("A", "1")
    [kept] = (team.homes / "dana/share/seawall/keys").iterdir()
    at("nobody")
    monkeypatch.setenv("SEAWALL_SECRETS_KEY", kept.read_text().splitlines()[-1])
    assert again(dana).get("A") == "1"


REFUSALS = {
    "nobody can be asked": "has a passphrase, and nobody can be asked",
    "an agent": "the key of dana is not in a file here, and age cannot use an agent",
    "a stranger": "no key here opens it; readers are dana, project",
    "another key": "SEAWALL_SECRETS_KEY does not open it",
    "not a key": "that is not the key of a project",
    "open to others": "others may read this key",
}


@pytest.mark.parametrize("case", REFUSALS)
def test_who_cannot_open_it_is_told_why(
    team: Team, at: At, monkeypatch: pytest.MonkeyPatch, case: str
) -> None:
    config = team.describe({"dana": admin(team.key("dana", passphrase="open sesame"))})
    at("dana")
    store = Store.open(config, create=True)
    store.set("A", "1")
    [kept] = (team.homes / "dana/share/seawall/keys").iterdir()
    if case == "open to others":
        kept.chmod(0o644)
    else:
        kept.unlink()
    if case == "an agent":
        (team.homes / "dana/.ssh/id_ed25519").unlink()
    if case == "a stranger":
        at("stranger")
    if case in ("another key", "not a key"):
        monkeypatch.setenv("SEAWALL_SECRETS_KEY", seal.fresh() if case == "another key" else "x y")
    with pytest.raises(SeawallError, match=re.escape(REFUSALS[case])) as caught:
        again(store).get("A")
    assert caught.value.hint


def test_keys_that_age_cannot_use_leave_a_way_forward(team: Team, at: At) -> None:
    config = team.describe({"dana": admin(team.key("dana", "-t", "ecdsa"))})
    at("dana")
    with pytest.raises(ConfigError, match="nobody may read secrets") as caught:
        Store.open(config, create=True)
    assert caught.value.hint


# What it refuses


def mutilate(text: str, line: str) -> str:
    """The text with one letter changed, in the middle of the block under this line."""
    at = text.index("\n", text.index(line)) + 150
    return text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1 :]


def swapped(text: str) -> str:
    return (
        text.replace("value A ", "value X ").replace("value B ", "value A ").replace(" X ", " B ")
    )


TAMPERED = {
    "a letter": lambda text: mutilate(text, "value A "),
    "the date": lambda text: re.sub("value A 20..", "value A 2001", text),
    "two blocks swapped": swapped,
    "a letter of the key": lambda text: mutilate(text, "\nkey\n"),
    "a reader added": lambda text: text.replace("reader dana", "reader eve age1x\nreader dana"),
    "a reader hidden": lambda text: re.sub("reader dana.*\n", "", text),
    "cut off": lambda text: text[: text.index("value A ") + 250],
    "another line": lambda text: text + "surprise\n",
    "the key gone": lambda text: re.sub(r"\nkey\n(.*\n)+?-----END.*\n", "", text),
    "another format": lambda text: text.replace("format 1", "format 9"),
    "nothing left": lambda text: "",
}


@pytest.mark.parametrize("what", TAMPERED)
def test_what_was_tampered_with_is_refused(dana: Store, what: str) -> None:
    dana.set("A", "one-value")
    dana.set("B", "other-value")
    before = dana.path.read_text()
    after = TAMPERED[what](before)
    assert after != before
    dana.path.write_text(after)
    with pytest.raises(SeawallError) as caught:
        again(dana).get("A")
    assert caught.value.hint and "value" not in caught.value.problem.replace("other-value", "!")
    assert dana.path.read_text() == after


def test_a_block_that_a_stranger_made_is_refused(dana: Store) -> None:
    when = "2026-01-01T00:00:00Z"
    forged = page.Sealed(
        when, seal.sealed(f"A {when}\nevil", [key for _, key in dana.page.readers])
    )
    dana.path.write_text(dana.page.text("x") + f"\nvalue A {when}\n{forged.armor}")
    with pytest.raises(SeawallError, match="A was changed by hand"):
        again(dana).get("A")


def test_a_crash_while_writing_leaves_the_old_file(
    dana: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    dana.set("A", "1")
    monkeypatch.setattr("os.fsync", lambda handle: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        dana.set("A", "2")
    monkeypatch.undo()
    assert page.parse(dana.path.read_text(), "x").values.keys() == {"A"}


def test_passwords_are_not_guessable() -> None:
    made = {generated() for _ in range(100)}
    assert len(made) == 100 and all(re.fullmatch(r"[A-Za-z0-9_-]{43}", one) for one in made)
