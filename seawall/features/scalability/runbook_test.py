"""Runbook: a server that could be made again."""

from seawall.features.scalability.runbook import Runbook
from seawall.kit.sabotage import STOP, Sabotage, listener
from seawall.kit.trial import door, problems

SABOTAGES = {
    "runbook.described": Sabotage("true", heal="true", described=False),
    "runbook.not-from-home": Sabotage(
        listener(8099, "127.0.0.1", "--working-directory=/root"), heal=STOP
    ),
}


def test_a_server_that_nobody_described_is_said() -> None:
    assert problems(Runbook(), "described", {}) == []
    assert problems(Runbook(), "described", {}, described=False) == [
        "nobody wrote down how this server is made"
    ]


def test_an_app_in_a_home_is_found() -> None:
    home = door(8000, folder="/home/dana/app")
    assert problems(Runbook(), "not_from_home", {"listeners": [door(80), home]}) == [
        "app serves out of somebody's home"
    ]
