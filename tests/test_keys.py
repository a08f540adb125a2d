"""People's keys: which ones are taken, where they come from, and that no secret is ever told."""

import base64
from email.message import Message
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError

import pytest

from seawall import config
from seawall.config import keys, pins
from seawall.errors import ConfigError
from seawall.features.security.people import People
from seawall.kit.publickey import BadKey, PublicKey

DANA = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPhp0DYOMgV2bhWkUs7VnPGIXzEQ6bthzYujGcz5EBLt dana"
LI = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBr/49O2fuYFld9vKYsSzNzmVSw+FvgSp6t2Ui2/RdJf li"


def wire(*parts: bytes) -> str:
    return base64.b64encode(b"".join(len(p).to_bytes(4, "big") + p for p in parts)).decode()


def error(text: str, folder: Path | None = None) -> str:
    with pytest.raises(ConfigError) as caught:
        config.parse(text, folder=folder)
    return str(caught.value)


def key(kind: str, *parts: bytes) -> str:
    return f"{kind} {wire(kind.encode(), *parts)} dana"


KINDS = [
    DANA,
    key("ssh-rsa", b"\1\0\1", b"\0\xff" + b"n" * 383),
    key("ecdsa-sha2-nistp256", b"nistp256", b"\4" + b"k" * 64),
    key("ecdsa-sha2-nistp521", b"nistp521", b"\4" + b"k" * 132),
    key("sk-ssh-ed25519@openssh.com", b"k" * 32, b"ssh:"),
    key("sk-ecdsa-sha2-nistp256@openssh.com", b"nistp256", b"\4" + b"k" * 64, b"ssh:"),
]


@pytest.mark.parametrize("line", KINDS)
def test_every_modern_kind_of_key_is_taken(line: str) -> None:
    assert str(PublicKey.parse(line)) == line


@pytest.mark.parametrize(
    "line",
    [
        key("ssh-ed25519", b"k" * 31),
        key("ssh-ed25519", b"k" * 32, b"more"),
        key("ssh-rsa", b"\1\0\1"),
        key("ssh-rsa", b"\1\0\1", b""),
        key("ecdsa-sha2-nistp256", b"nistp384", b"\4" + b"k" * 64),
        key("sk-ssh-ed25519@openssh.com", b"k" * 32),
        "ssh-ed25519 ====",
        "ssh-ed25519 AAAA",
    ],
)
def test_a_key_that_is_not_whole_is_refused(line: str) -> None:
    with pytest.raises(BadKey):
        PublicKey.parse(line)


def write(folder: Path, text: str) -> Path:
    (folder / "seawall.yml").write_text(text)
    return folder / "seawall.yml"


def test_keys_come_from_files_too(tmp_path: Path) -> None:
    (tmp_path / "dana.pub").write_text(f"# laptop\n{DANA}\n\n{LI}\n")
    text = f"people: {{ dana: {{ keys: ['file:dana.pub', {DANA}] }} }}"
    found = config.load(write(tmp_path, text))
    assert found.of(People).people["dana"].keys == [DANA, LI]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("-----BEGIN OPENSSH PRIVATE KEY-----\nsecretsecretsecret\n", "is a private key"),
        ("root:x:0:0:secretsecretsecret\n", "is not a public key"),
        ("", "has no key in it"),
        ("secret" * 20_000, "is not a file with a public key"),
    ],
)
def test_nothing_of_a_wrong_key_file_is_told(tmp_path: Path, content: str, words: str) -> None:
    (tmp_path / "dana.pub").write_text(content)
    told = error("people: { dana: { keys: ['file:dana.pub'] } }", tmp_path)
    assert words in told
    assert "secret" not in told


def test_a_device_is_not_read_for_keys(tmp_path: Path) -> None:
    told = error("people: { dana: { keys: ['file:/dev/zero', 'file:.'] } }", tmp_path)
    assert told.count("is not a file with a public key") == 2


GITHUB = f"people:\n  dana: {{ keys: [{DANA}], admin: true }}\n  li: {{ keys: [github:li] }}\n"


def test_a_key_at_github_is_looked_up_once_and_pinned(tmp_path: Path) -> None:
    loaded = config.load(write(tmp_path, GITHUB))
    assert loaded.unresolved_keys == (("li", "github:li"),)
    resolved = keys.resolve(loaded, fetch=lambda user: f"{LI.rsplit(' ', 1)[0]}\n")
    expected = [LI.replace(" li", " github:li")]
    assert resolved.of(People).people["li"].keys == expected
    again = config.load(tmp_path / "seawall.yml")
    assert again.unresolved_keys == ()
    assert again.of(People).people["li"].keys == expected
    assert keys.resolve(again, fetch=never) == again


def never(user: str) -> str:
    raise AssertionError(f"asked the network for {user}")


def test_no_steps_are_made_from_keys_that_nobody_looked_up(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"seawall.yml:3: people.li.keys: github:li was never"):
        config.parse(GITHUB, folder=tmp_path).steps("web1")


def test_a_refresh_says_what_changed(tmp_path: Path) -> None:
    loaded = keys.resolve(config.load(write(tmp_path, GITHUB)), fetch=lambda user: LI)
    other = KINDS[2].rsplit(" ", 1)[0]
    found, changes = keys.refresh(loaded, fetch=lambda user: other)
    assert found.of(People).people["li"].keys == [f"{other} github:li"]
    assert [change.source for change in changes] == ["github:li"]
    assert changes[0].added == (f"{other} github:li",)
    assert changes[0].removed == (LI.replace(" li", " github:li"),)
    assert keys.refresh(found, fetch=lambda user: other)[1] == ()


def test_pins_that_nobody_uses_go_away(tmp_path: Path) -> None:
    keys.resolve(config.load(write(tmp_path, GITHUB)), fetch=lambda user: LI)
    changed = config.load(write(tmp_path, GITHUB.replace("github:li", "github:li2")))
    keys.resolve(changed, fetch=lambda user: LI)
    assert list(pins.read(tmp_path / pins.FILE)) == ["github:li2"]


def not_found(user: str) -> str:
    raise HTTPError(f"https://github.com/{user}.keys", 404, "Not Found", Message(), None)


def no_network(user: str) -> str:
    raise URLError(ConnectionRefusedError(111, "Connection refused"))


@pytest.mark.parametrize(
    ("fetch", "words"),
    [
        (not_found, "cannot look up github:li: GitHub has no such user"),
        (no_network, "cannot look up github:li: github.com does not answer (Connection refused)"),
        (lambda user: "", "github:li has no ssh keys at GitHub"),
        (lambda user: "<html>", "a key of github:li is not a public key"),
        (lambda user: DANA, "is the key of dana too"),
    ],
)
def test_a_look_up_that_fails_says_why(tmp_path: Path, fetch: Any, words: str) -> None:
    loaded = config.load(write(tmp_path, GITHUB))
    with pytest.raises(ConfigError, match=r"seawall.yml:3: people.li.keys") as caught:
        keys.resolve(loaded, fetch=fetch)
    assert words in str(caught.value)
    assert "hint: " in str(caught.value)


def test_a_refused_look_up_pins_nothing(tmp_path: Path) -> None:
    loaded = config.load(write(tmp_path, GITHUB))
    with pytest.raises(ConfigError):
        keys.resolve(loaded, fetch=lambda user: DANA)
    assert not (tmp_path / pins.FILE).exists()


@pytest.mark.parametrize(
    "text", ["keys: [", "keys: {github:li: [abc]}", "keys: {github:li: 1}", "- a"]
)
def test_a_broken_lock_file_says_where(tmp_path: Path, text: str) -> None:
    (tmp_path / pins.FILE).write_text(text)
    assert error(GITHUB, tmp_path).startswith("seawall.lock.yml:1: ")
