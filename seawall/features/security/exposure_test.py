"""Exposure: what is where strangers, or any hacked app, can reach it."""

from seawall.features.security.exposure import Exposure
from seawall.kit import Port
from seawall.kit.sabotage import STOP, Sabotage, listener
from seawall.kit.trial import Described, door, findings, problems

SABOTAGES = {
    "exposure.databases": Sabotage(listener(5432), heal=STOP),
    "exposure.nothing-dangerous": Sabotage(
        f"{listener(6379)}; nft insert rule inet seawall input tcp dport 6379 accept", tidy=STOP
    ),
    "exposure.docker-api": Sabotage(listener(2375), heal=STOP),
    "exposure.private-secrets": Sabotage(
        "install -D -m 644 /dev/null /srv/sabotage/.env",
        heal="chmod o= /srv/sabotage/.env",
        tidy="rm -r /srv/sabotage",
    ),
    "exposure.development-servers": Sabotage(
        "systemd-run --quiet --unit=sabotage python3 -m http.server 8099", heal=STOP, wait=1
    ),
    "exposure.root-runs": Sabotage(
        "install -m 777 /bin/true /usr/local/bin/sabotage",
        heal="chmod o-w /usr/local/bin/sabotage",
        tidy="rm /usr/local/bin/sabotage",
    ),
    "exposure.set-uid": Sabotage(
        "install -m 4755 /bin/true /usr/local/bin/sabotage",
        heal="chmod u-s /usr/local/bin/sabotage",
        tidy="rm /usr/local/bin/sabotage",
    ),
}
CONFIG = Described(Exposure(), ports=(Port(443),))


def asked(method: str, *doors: object, open_: str = "443") -> list[str]:
    facts = {"listeners": list(doors)}
    outside = {"ports": {"4": {open_: "open"}, "6": {}}}
    return problems(Exposure(), method, facts, outside=outside, config=CONFIG)


def test_a_database_on_all_addresses_is_found_by_name_or_port() -> None:
    assert asked("databases", door(5432, "postgres")) == ["Postgres listens to the whole world"]
    assert asked("databases", door(6390, "redis-server")) == ["Redis listens to the whole world"]
    assert asked("databases", door(27017, "")) == ["MongoDB listens to the whole world"]
    assert asked("databases", door(5432, "postgres", reach="local")) == []
    assert asked("databases", door(5432, "postgres", reach="private")) == []


def test_a_dangerous_port_that_answers_is_found() -> None:
    assert asked("nothing_dangerous") == []
    assert asked("nothing_dangerous", open_="2375") == ["Docker answers the internet"]


def test_docker_on_tcp_is_found_on_private_networks_too() -> None:
    orders = ["Docker takes orders over the network"]
    assert asked("docker_api", door(2375, "dockerd", reach="private")) == orders
    assert asked("docker_api", door(2375, "dockerd", reach="local")) == []
    assert asked("docker_api", door(7946, "app")) == []


def test_a_path_on_the_server_cannot_become_a_command_here() -> None:
    trap = {"secrets": {"readable": ["/home/x/$(reboot); rm -rf/.env"]}}
    [finding] = findings(Exposure(), "private_secrets", trap)
    assert finding.fix == "chmod o= '/home/x/$(reboot); rm -rf/.env'"


def test_a_development_server_is_found_only_in_public() -> None:
    flask = door(5000, "python3", development="flask run")
    assert asked("development_servers", flask) == [
        "a development server listens to the whole world"
    ]
    assert asked("development_servers", {**flask, "reach": "local"}) == []
