"""Versions are ordered as dpkg orders them."""

import itertools
import random
import shutil
import subprocess

import pytest

from seawall.agent.probes import versions

VERSIONS = (
    *("1", "1.0", "1.0~rc1", "1.0~rc1~a", "1.0+b1", "1.0-1", "1.0-1~deb12u1", "1.0-1+deb12u1"),
    *("1:0.5", "0:1.0-1", "2:0", "1.0-1ubuntu0.1", "1.0-1ubuntu0.10", "1.0-1build1", "1.09", "1.9"),
    *("1.10", "1.010", "1a", "1~", "1.0-1-2", "1.0-1-10", "20240203", "9.2p1-2+deb12u7"),
    *("9.2p1-2+deb12u10", "3.0.16-1~deb12u1", "252.39-1~deb12u2", "1.0.", "1.0.a", "1.0+", "1.0z"),
)
"""What is in the archives, and what the manual's rules are hard to get right for."""


def _dpkg(one: str, other: str) -> bool:
    argv = ["dpkg", "--compare-versions", one, "gt", other]
    return subprocess.run(argv, check=False, capture_output=True).returncode == 0


@pytest.mark.skipif(shutil.which("dpkg") is None, reason="dpkg is the judge")
def test_dpkg_agrees_about_every_pair() -> None:
    pairs = list(itertools.permutations(VERSIONS, 2))
    chosen = random.Random(1).sample(pairs, 400)
    wrong = [pair for pair in chosen if versions.newer(*pair) != _dpkg(*pair)]
    assert wrong == []


@pytest.mark.skipif(shutil.which("dpkg") is None, reason="dpkg is the judge")
def test_dpkg_agrees_about_versions_nobody_thought_of() -> None:
    dice = random.Random(2)
    made = [
        "1" + "".join(dice.choices("019.~+-az", k=dice.randint(1, 6))) + "0" for _ in range(300)
    ]
    wrong = [p for p in itertools.pairwise(made) if versions.newer(*p) != _dpkg(*p)]
    assert wrong == []


def test_a_version_is_not_newer_than_itself() -> None:
    assert not any(versions.newer(version, version) for version in VERSIONS)
