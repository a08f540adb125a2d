"""Accounts: the back doors, from facts as a server tells them."""

import pytest

from seawall.features.security.accounts import Accounts
from seawall.features.security.people import People, Person
from seawall.kit.sabotage import Sabotage
from seawall.kit.trial import DANA, Described, account, key, problems

HASH = "$6$sabotage$" + "x" * 86
SABOTAGES = {
    "accounts.only-root-is-root": Sabotage(
        "useradd --non-unique --uid 0 --no-create-home toor",
        heal="sed -i '/^toor:/d' /etc/passwd /etc/shadow",
        tidy="sed -i '/^toor:/d' /etc/group /etc/gshadow",
    ),
    "accounts.no-empty-passwords": Sabotage(
        "passwd --quiet --delete games", heal="passwd -l games", tidy="usermod -p '*' games"
    ),
    "accounts.strong-passwords": Sabotage(
        "usermod -p '$1$sabotage$xxxxxxxxxxxxxxxxxxxxxx' games", heal="usermod -p '*' games"
    ),
    "accounts.service-accounts": Sabotage(
        f"usermod --shell /bin/bash -p '{HASH}' games",
        heal="usermod --lock --shell /usr/sbin/nologin games",
        tidy="usermod -p '*' games",
    ),
    "accounts.strong-keys": Sabotage(
        "ssh-keygen -q -t rsa -b 1024 -N '' -f /run/sabotage; install -d -m 700 /root/.ssh;"
        " cat /run/sabotage.pub >> /root/.ssh/authorized_keys; rm /run/sabotage*"
    ),
    "accounts.private-key-files": Sabotage(
        "useradd --system --home-dir /var/sabotage --shell /usr/sbin/nologin sabotage;"
        " mkdir -p /var/sabotage/.ssh;"
        " install -m 666 $(ls /home/*/.ssh/authorized_keys | head -1)"
        " /var/sabotage/.ssh/authorized_keys; chown -R sabotage /var/sabotage",
        heal="chmod go-w /var/sabotage/.ssh/authorized_keys",
        tidy="userdel sabotage; rm -r /var/sabotage",
    ),
    "accounts.docker-is-root": Sabotage(
        "groupadd --force --system docker; usermod --append --groups docker games",
        heal="gpasswd --delete games docker",
        tidy="groupdel docker",
    ),
}
CONFIG = Described(Accounts(), People(people={"dana": Person(keys=[DANA], admin=True)}))
SHORT = {**key(DANA), "type": "ssh-rsa", "bits": 1024}


def asked(method: str, *accounts: object) -> list[str]:
    facts = {"accounts": {"accounts": list(accounts), "sudo": []}}
    return problems(Accounts(), method, facts, config=CONFIG)


@pytest.mark.parametrize(
    ("method", "wrong", "problem"),
    [
        ("only_root_is_root", account("toor", 0), "toor is root under another name"),
        ("no_empty_passwords", account("li", hash="empty"), "li has an empty password"),
        ("strong_passwords", account("li", hash="md5"), "the password of li is stored as MD5"),
        (
            "service_accounts",
            account("games", 5, hash="sha512"),
            "games, an account of a program, can log in",
        ),
        ("strong_keys", account("li", keys=[SHORT]), "a key that opens li is too short"),
        (
            "private_key_files",
            account("li", loose=["/home/li mode 0777"]),
            "others can add keys to li",
        ),
        ("docker_is_root", account("li", groups=["docker"]), "li is root by way of docker"),
    ],
)
def test_a_back_door_is_found(method: str, wrong: object, problem: str) -> None:
    assert asked(method, wrong) == [problem]


@pytest.mark.parametrize("check", Accounts.checks(), ids=lambda check: check.id)
def test_an_ordinary_server_is_fine(check: object) -> None:
    ordinary = [
        account("root", 0),
        account("postgres", 104, hash="locked"),
        account("dana", keys=[key(DANA)], groups=["docker"]),
        account("www-data", 33, shell="/usr/sbin/nologin", login=False),
    ]
    assert asked(check.method, *ordinary) == []  # type: ignore[attr-defined]
