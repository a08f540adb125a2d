"""People: who is judged to be inside, from facts as a server tells them."""

from seawall.features.security.people import People, Person
from seawall.kit.sabotage import Sabotage
from seawall.kit.trial import DANA, account, key, problems

MADE = "ssh-keygen -q -t ed25519 -N '' -C stranger -f /run/sabotage"
SABOTAGES = {
    "people.known-keys": Sabotage(
        f"{MADE}; install -d -m 700 /root/.ssh;"
        " cat /run/sabotage.pub >> /root/.ssh/authorized_keys; rm /run/sabotage*"
    ),
    "people.only-admins-sudo": Sabotage(
        "echo 'games ALL=(ALL) NOPASSWD: ALL' > /etc/sudoers.d/games",
        heal="sed -i '/^games[[:space:]]/d' /etc/sudoers.d/games",
        tidy="rm /etc/sudoers.d/games",
    ),
    "people.removed-are-out": Sabotage(
        "id former 2>/dev/null || useradd --create-home former; usermod --expiredate '' former;"
        f" {MADE}; install -d -m 700 -o former -g former /home/former/.ssh;"
        " install -m 600 -o former -g former /run/sabotage.pub /home/former/.ssh/authorized_keys;"
        " rm /run/sabotage*"
    ),
    "people.everybody-gets-in": Sabotage(
        "usermod --expiredate 1 $(ls /home | grep -vx former | tail -1)"
    ),
}
DECLARED = People(
    people={
        "dana": Person(keys=[DANA], admin=True),
        "former": Person(removed=True),
    }
)
WELL = account("dana", keys=[key(DANA)], groups=["seawall-admin"])
RULES = [{"who": "%seawall-admin", "all": True, "no_password": True, "path": "/etc/sudoers.d/x"}]


def asked(method: str, *accounts: object, described: bool = True) -> list[str]:
    facts = {"accounts": {"accounts": list(accounts), "sudo": RULES}}
    return problems(DECLARED, method, facts, described=described)


def test_a_declared_key_is_known_and_another_is_not() -> None:
    stranger = {**key(DANA), "fingerprint": "SHA256:other", "comment": ""}
    assert asked("known_keys", WELL) == []
    assert asked("known_keys", account("deploy", keys=[stranger])) == [
        "a key that nobody declared opens deploy"
    ]


def test_without_a_description_only_nameless_keys_are_found() -> None:
    nameless = {**key(DANA), "comment": ""}
    assert asked("known_keys", account("root", 0, keys=[key(DANA)]), described=False) == []
    assert asked("known_keys", account("root", 0, keys=[nameless]), described=False) == [
        "nobody can tell whose key opens root"
    ]


def test_sudo_is_for_declared_admins() -> None:
    other = account("li", groups=["seawall-admin"])
    assert asked("only_admins_sudo", WELL, other) == [
        "li may become root and is not a declared admin"
    ]


def test_somebody_removed_leaves_nothing_behind() -> None:
    gone = account("former", hash="locked", expired=True)
    assert asked("removed_are_out", gone) == []
    assert asked("removed_are_out", {**gone, "processes": 2}) == [
        "former was removed and still has 2 running programs"
    ]


def test_everybody_declared_gets_in() -> None:
    assert asked("everybody_gets_in", WELL) == []
    assert asked("everybody_gets_in") == ["dana cannot get in"]
    assert asked("everybody_gets_in", {**WELL, "keys": []}) == ["dana cannot get in"]
    assert asked("everybody_gets_in", {**WELL, "expired": True}) == ["dana cannot get in"]


def test_root_shared_by_all_is_said_on_a_server_nobody_described() -> None:
    facts = {"accounts": {"accounts": [account("root", 0, keys=[key(DANA)])], "sudo": []}}
    assert problems(People(), "everybody_gets_in", facts, described=False) == [
        "everybody who logs in is root"
    ]
