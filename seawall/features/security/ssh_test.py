"""ssh: what a server's own greeting and settings are judged to be."""

from typing import Any

from seawall.features.security.people import People, Person
from seawall.features.security.ssh import Ssh
from seawall.kit.sabotage import DROP_IN, Sabotage, sshd
from seawall.kit.trial import DANA, Described, problems

RSA = "/etc/ssh/ssh_host_rsa_key"
SABOTAGES = {
    "ssh.no-passwords": Sabotage(sshd("s/^PasswordAuthentication no/PasswordAuthentication yes/")),
    "ssh.no-exceptions": Sabotage(
        f'echo "Match User $(ls /home | tail -1)" >> {DROP_IN};'
        f" printf '  PasswordAuthentication yes\\nMatch all\\n' >> {DROP_IN}; systemctl reload ssh"
    ),
    "ssh.no-root": Sabotage(sshd("s/^PermitRootLogin .*/PermitRootLogin yes/")),
    "ssh.modern-algorithms": Sabotage(sshd("s/^Ciphers .*/Ciphers aes256-ctr,aes128-cbc/")),
    "ssh.strong-host-keys": Sabotage(
        f"mv {RSA} {RSA}.kept; mv {RSA}.pub {RSA}.kept.pub;"
        f" ssh-keygen -q -t rsa -b 2048 -N '' -f {RSA}; systemctl reload ssh",
        heal=f"mv {RSA}.kept {RSA}; mv {RSA}.kept.pub {RSA}.pub; systemctl reload ssh",
    ),
    "ssh.logins-are-logged": Sabotage(sshd("s/^LogLevel .*/LogLevel QUIET/")),
    "ssh.slow-guessing": Sabotage(sshd("1i MaxAuthTries 100")),
    "ssh.safe-settings": Sabotage(sshd("s/^PermitEmptyPasswords no/PermitEmptyPasswords yes/")),
    "ssh.running-config": Sabotage(f"sed -i 's/^Ciphers .*/Ciphers aes256-ctr/' {DROP_IN}"),
}
CONFIG = Described(Ssh(), People(people={"dana": Person(keys=[DANA], admin=True)}))
NOBODY = Described(Ssh(), People())
GREETING = {
    "kex": ["curve25519-sha256"],
    "ciphers": ["aes256-ctr"],
    "macs": ["umac-128@openssh.com"],
}
SETTINGS = {
    "passwordauthentication": ["no"],
    "permitrootlogin": ["no"],
    "loglevel": ["VERBOSE"],
    "maxauthtries": ["6"],
    "logingracetime": ["30"],
    "ciphers": ["aes256-ctr"],
    "macs": ["umac-128@openssh.com"],
}


def asked(method: str, *, config: Any = CONFIG, **settings: str) -> list[str]:
    written = {**SETTINGS, **{name: [value] for name, value in settings.items()}}
    exceptions = {"backup": {"passwordauthentication": ["yes"]}} if "match" in settings else {}
    keys = [{"type": "ssh-rsa", "bits": int(settings.get("rsa", 4096)), "path": "/etc/ssh/x"}]
    facts = {"sshd": {"settings": written, "for_accounts": exceptions, "host_keys": keys}}
    greeting = {**GREETING, "macs": settings.get("offers", "umac-128@openssh.com").split(",")}
    offered = {"offered": "offered" in settings, "methods": ["publickey"]}
    outside = {"ssh": greeting, "password": offered}
    return problems(Ssh(), method, facts, outside=outside, config=config)


def test_a_careful_server_is_fine() -> None:
    for check in Ssh.checks():
        assert asked(check.method) == [], check.id


def test_passwords_are_found_from_outside_and_in_exceptions() -> None:
    assert asked("no_passwords", offered="yes") == ["anybody may try passwords over ssh"]
    assert asked("no_exceptions", match="yes") == ["backup may log in with a password"]


def test_root_with_a_key_is_fine_until_there_is_an_admin() -> None:
    assert asked("no_root", permitrootlogin="yes") == ["root may log in over ssh"]
    assert asked("no_root", permitrootlogin="without-password") == ["root may log in over ssh"]
    assert asked("no_root", config=NOBODY, permitrootlogin="without-password") == []


def test_weak_algorithms_are_found_and_curves_are_not() -> None:
    assert asked("modern_algorithms", offers="hmac-sha1-etm@openssh.com") == [
        "ssh offers a weak checksum"
    ]
    assert asked("modern_algorithms", offers="hmac-sha2-512") == []


def test_each_loose_setting_is_found() -> None:
    assert asked("strong_host_keys", rsa="2048") == ["a host key is too short"]
    assert asked("logins_are_logged", loglevel="QUIET") == ["nobody writes down who logs in"]
    assert asked("slow_guessing", maxauthtries="100") == ["one connection may try many times"]
    assert asked("slow_guessing", logingracetime="0") == ["a login may take for ever"]
    assert asked("safe_settings", strictmodes="no") == ["sshd trusts what it should not"]
    assert asked("running_config", macs="hmac-sha1") == ["sshd does not run its configuration"]
