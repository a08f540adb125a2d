"""peers: what is made of what the other servers of an app say."""

from typing import Any

from seawall.features.scalability.peers import Peers
from seawall.kit.sabotage import Sabotage
from seawall.kit.trial import problems

JOURNEY = "tests/journeys/test_fleet.py"
CUT = (
    "nft add table inet cut; nft add chain inet cut out '{ type filter hook output priority 0; }';"
    " nft add rule inet cut out tcp dport 443 reject with tcp reset"
)
SABOTAGES = {
    "peers.reachable": Sabotage(CUT, heal="nft delete table inet cut", wait=6, journey=JOURNEY),
    "peers.same-release": Sabotage("true", heal="true", journey=JOURNEY),
}
"""The journey deploys to one server alone by itself: no shell on the server can."""


def asked(method: str, here: str, **told: Any) -> list[str]:
    """The problems when web2 told this of the shop."""
    facts = {"peers": {"shop": {"serving": here, "peers": {"web2": told}}}}
    return problems(Peers(), method, facts)


def test_a_server_without_peers_is_fine() -> None:
    for check in Peers.checks():
        assert problems(Peers(), check.method, {"peers": {}}) == []


def test_a_peer_that_cannot_be_reached_is_found_once() -> None:
    found = ["web2 could not stand in for web1 with shop"]
    assert asked("reachable", "7", problem="no connection") == found
    assert asked("same_release", "7", problem="no connection") == []


def test_peers_that_serve_something_else_are_found() -> None:
    assert asked("same_release", "7", serving="7") == []
    assert asked("same_release", "7", serving="8") == ["shop is not the same on web1 and web2"]
    assert asked("same_release", "7", serving="") == ["shop is not the same on web1 and web2"]
