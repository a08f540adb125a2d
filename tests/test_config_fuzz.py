"""Whatever the file says: a Config or a ConfigError, and never a piece of a private key."""

import random
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from seawall import config
from seawall.config.servers import Top
from seawall.config.words import settings as keys_of
from seawall.errors import ConfigError
from seawall.features import FEATURES

BODY = "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZW"
FENCE = "-----{} OPENSSH PRIVATE KEY-----"
PRIVATE = "\n".join([FENCE.format("BEGIN"), BODY, BODY[::-1], "Qb7xS4cpZQ==", FENCE.format("END")])
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBr/49O2fuYFld9vKYsSzNzmVSw+FvgSp6t2Ui2/RdJf li"
VALID = f"""\
project: acme
x-office: &office
  from: [10.0.0.0/8]
people:
  li:
    keys: ["{KEY}", github:li]
    admin: yes
  gone: {{ removed: true }}
servers:
  web1: {{ host: root@203.0.113.10, port: 22 }}
  web2:
    host: "[2001:db8::1]:2222"
    key: ~/.ssh/id
firewall:
  open:
    - 443
    - 51820/udp
    - <<: *office
      port: 5432
      servers: [web1]
ssh:
  port: 2022
  settings: {{ MaxSessions: 4, PermitTTY: no }}
updates: {{ reboot: 04:00 }}
baseline:
  swap: 2G
  banner: |
    two
    lines
  sysctl: {{ vm.swappiness: 10 }}
"""
PIECES = ["\t", "\n", ": ", "- ", "*a", "&a ", "<<: ", "{", "}", "[", "]", '"', "'", "!!x ", "\0"]
PIECES += [
    "\x1b[31m",
    "\u200b",
    "\ufeff",
    "no",
    "~",
    "0x1",
    "1e5",
    ".inf",
    "|\n",
    "---\n",
    "%Y",
    "#",
]
QUICK = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


def outcome(text: str) -> str:
    """What is told about a text; nothing when it is a Config."""
    try:
        found = config.parse(text, folder=Path("/nonexistent"), pinned={})
    except ConfigError as error:
        assert error.problem
        return f"{error.problem}\n{error.hint}"
    assert isinstance(found, config.Config)
    assert len(found.features) == len(FEATURES)
    return ""


def told_line_by_line(told: str) -> bool:
    lines = told.strip().splitlines()
    return all(line.startswith(("seawall.yml:", "  hint: ")) for line in lines) and all(
        line.isprintable() for line in lines
    )


def test_the_file_that_is_broken_below_is_whole() -> None:
    assert outcome(VALID) == ""


@QUICK
@given(st.text())
@example("\x85- a\n\u2028: b")
@example("? ? a\n: : b")
@example("ssh: {port: " + "9" * 5000 + "}")
@example("ssh: {port: -.inf, settings: {a: .nan}}")
def test_any_text(text: str) -> None:
    assert told_line_by_line(outcome(text))


@QUICK
@given(st.binary())
def test_any_bytes(data: bytes) -> None:
    try:
        text = config.reading.syntax.decoded(data)
    except config.reading.Problem:
        return
    assert told_line_by_line(outcome(text))


@QUICK
@given(
    st.lists(
        st.tuples(st.integers(0, len(VALID)), st.integers(0, 30), st.sampled_from(PIECES)),
        min_size=1,
        max_size=4,
    )
)
def test_a_good_file_with_typos(typos: list[tuple[int, int, str]]) -> None:
    text = VALID
    for position, length, piece in typos:
        text = text[:position] + piece + text[position + length :]
    assert told_line_by_line(outcome(text))


WORDS = [kind.section for kind in FEATURES] + keys_of(Top)
WORDS += [key for kind in FEATURES for key in keys_of(kind)]
WORDS += [
    "web1",
    "host",
    "keys",
    "removed",
    "protocol",
    "<<",
    "x-a",
    "no",
    "",
    "1",
    "../",
    "%s",
    "{0}",
]
WORDS += ["root@-x", "{}", "0.0.0.0/0", "file:/etc/shadow", "file:~nobody-here/x", "github:a", KEY]
LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20), st.dates()
) | st.sampled_from(WORDS)
TREES: Any = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(WORDS) | st.text(max_size=5) | st.integers(), inner, max_size=4
        )
    ),
    max_leaves=20,
)


@QUICK
@given(st.dictionaries(st.sampled_from(WORDS), TREES, max_size=6))
def test_any_structure(tree: dict[str, Any]) -> None:
    assert told_line_by_line(outcome(yaml.safe_dump(tree, allow_unicode=True)))


@pytest.mark.parametrize("seed", range(60))
def test_a_private_key_is_never_told(seed: int) -> None:
    chance = random.Random(seed)
    lines = VALID.splitlines()
    row = chance.randrange(len(lines))
    indent = " " * chance.randrange(8)
    cut = chance.choice([PRIVATE, PRIVATE[: chance.randrange(120, len(PRIVATE))], BODY])
    style = chance.choice(
        ["{}{}", "{}a: {}", "{}- {}", "{}- |\n{}", '{}x: "{}"', "{}{}: 1", "{}# {}"]
    )
    planted = style.format(indent, cut.replace("\n", f"\n{indent}"))
    told = outcome("\n".join([*lines[:row], planted, *lines[row:]]))
    assert not any(piece in told for piece in _pieces(PRIVATE))


def _pieces(secret: str) -> set[str]:
    long = [line for line in secret.splitlines() if "KEY" not in line]
    return {line[at : at + 8] for line in long for at in range(len(line) - 7)}
