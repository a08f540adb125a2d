"""One account per person, with their own keys, and root's door closed.

A shared root key belongs to everybody and nobody: it cannot be taken back from one person, and
the log does not say who it was. Each person declared under `people:` gets an account with their
public keys; admins may use sudo. Somebody marked `removed: true` is locked out at once: keys
removed, account locked, sessions ended. Accounts that are not people (postgres, www-data, a
deploy user) are left alone.

Root's keys are removed only after a named admin's new connection, with sudo, has been proven.
"""

from collections.abc import Iterator
from shlex import quote
from typing import Any, ClassVar

from pydantic import Field, model_validator

from seawall.agent.probes.public_keys import public_key
from seawall.agent.steps import AuthorizedKeys, File, Group, Packages, RemovedUser, Step, User
from seawall.kit import Feature, Finding, Look, Room, Section, check
from seawall.kit.fields import Account, KeySource, Switch, wrong

ADMINS = "seawall-admin"
SUDOERS = f"""\
# Written by seawall from seawall.yml. People have keys, not passwords.
%{ADMINS} ALL=(ALL:ALL) NOPASSWD: ALL
# A session that is open keeps its groups: who is no longer an admin is stopped by name.
"""
VISUDO = ("visudo", "-cf", "{}")


class Person(Section):
    """Somebody who may log in."""

    keys: list[KeySource] = Field(default=[])
    """Public keys: the key itself (`ssh-ed25519 AAAA… dana`), `file:dana.pub` (relative to
    seawall.yml) or `github:dana` (looked up once, shown, and pinned in seawall.lock.yml)."""
    admin: Switch = False
    """May use sudo, without a password (there are no passwords)."""
    removed: Switch = False
    """Locked out: keys removed, account locked, sessions ended. Their files stay."""

    @model_validator(mode="after")
    def _can_log_in_or_is_gone(self) -> "Person":
        if self.removed and self.admin:
            raise wrong("cannot be admin and removed", "leave out one of the two", shown=False)
        if not self.removed and not self.keys:
            raise wrong("needs a key", "keys: [ssh-ed25519 AAAA…], or removed: true", shown=False)
        return self


class People(Feature):
    section: ClassVar[str] = "people"
    room: ClassVar[Room] = "security"

    people: dict[Account, Person] = Field(default={})
    """Everybody who may log in, by account name."""

    def admins(self) -> list[str]:
        """Who may use sudo."""
        return [name for name, person in self.people.items() if person.admin]

    def steps(self, config: Any, server: str) -> Iterator[Step]:
        yield Packages(("sudo",))
        yield Group(ADMINS)
        yield File("/etc/sudoers.d/50-seawall", self._sudoers(), mode="0440", validate=VISUDO)
        for name, person in self.people.items():
            yield from _steps_for(name, person)
        if self.admins():
            yield AuthorizedKeys("root", (), guarded=True)

    def _sudoers(self) -> str:
        others = [name for name, person in self.people.items() if not person.admin]
        return SUDOERS + "".join(f"{name} ALL=(ALL:ALL) !ALL\n" for name in others)

    @check("Every key belongs to somebody declared", needs=("accounts",))
    def known_keys(self, look: Look) -> Iterator[Finding]:
        """Keys pile up: the freelancer of last year, a laptop that was stolen, a line an
        intruder left behind. Each one opens the server for ever. A key that nobody in
        seawall.yml owns is somebody you did not invite.
        """
        own = _fingerprints(self)
        for account in look.fact("accounts")["accounts"]:
            for key in account["keys"]:
                if look.described and key["fingerprint"] not in own:
                    ours = account["name"] in self.people or (account["uid"] == 0 and self.admins())
                    yield _stranger(account["name"], key, look.apply_or("") if ours else "")
                if not look.described and not key["comment"]:
                    yield _nameless(account["name"], key)

    @check("Only declared admins may become root", needs=("accounts",))
    def only_admins_sudo(self, look: Look) -> Iterator[Finding]:
        """Whoever may use sudo can read every customer's data and erase every trace. That right
        stays with people who changed jobs inside the company, and with accounts of programs
        that got it "for a moment". On a server without a seawall.yml only the latter is judged.
        """
        admins = {name for name, person in self.people.items() if person.admin}
        rules = [rule for rule in look.fact("accounts")["sudo"] if rule["all"]]
        for account in look.fact("accounts")["accounts"]:
            name = account["name"]
            suspect = name not in admins if look.described else 0 < account["uid"] < 1000
            rule = next((rule for rule in rules if _applies(rule, account)), None)
            if rule and suspect and account["uid"] != 0:
                seen = f"{rule['who']} may run everything, {rule['path']}"
                fix = f"gpasswd --delete {name} {rule['who'][1:]}"
                if not rule["who"].startswith("%"):
                    fix = f"sed -i '/^{name}[[:space:]]/d' {rule['path']}"
                yield Finding(f"{name} may become root and is not a declared admin", seen, fix)

    @check("Who was removed is out", needs=("accounts",))
    def removed_are_out(self, look: Look) -> Iterator[Finding]:
        """Somebody left, maybe in anger. As long as one key, password, sudo right or running
        session is left, they are still in: a session that was opened before stays open for
        weeks.
        """
        gone = {name for name, person in self.people.items() if person.removed}
        for account in look.fact("accounts")["accounts"]:
            left = _left_open(account) if account["name"] in gone else []
            if left:
                problem = f"{account['name']} was removed and still has {' and '.join(left)}"
                yield Finding(problem, f"uid {account['uid']}", look.apply_or(""))

    @check("Everybody declared can get in", needs=("accounts",))
    def everybody_gets_in(self, look: Look) -> Iterator[Finding]:
        """The day you need the second admin is the day the first one is on a plane. An account
        that is missing, expired or without its key is noticed then, unless it is noticed now.
        Where everybody shares root, nobody can be told apart in the log, or be removed alone.
        """
        if not look.described:
            yield from _shared_root(look)
        there = {account["name"]: account for account in look.fact("accounts")["accounts"]}
        for name, person in self.people.items():
            trouble = "" if person.removed else _trouble(there.get(name), person.keys)
            if trouble:
                yield Finding(f"{name} cannot get in", trouble, look.apply_or(""))


def _steps_for(name: str, person: Person) -> Iterator[Step]:
    if person.removed:
        yield RemovedUser(name)
        return
    groups, not_groups = ((ADMINS,), ()) if person.admin else ((), (ADMINS, "sudo"))
    yield User(name, groups, not_groups)
    yield AuthorizedKeys(name, tuple(person.keys))


def _fingerprints(people: People) -> set[str]:
    keys = [key for person in people.people.values() if not person.removed for key in person.keys]
    return {known["fingerprint"] for known in map(public_key, keys) if known}


def _stranger(account: str, key: Any, apply: str) -> Finding:
    seen = f"{key['fingerprint'][:19]}… {key['comment'] or 'no comment'}, {key['path']}"
    fix = apply or f"sed -i '\\|{key['tail']}|d' {quote(key['path'])}"
    return Finding(f"a key that nobody declared opens {account}", seen, fix)


def _nameless(account: str, key: Any) -> Finding:
    seen = f"{key['fingerprint'][:19]}… without a name in {key['path']}"
    fix = f"sed -i '\\|{key['tail']}|d' {quote(key['path'])}"
    return Finding(f"nobody can tell whose key opens {account}", seen, fix, "should")


def _applies(rule: Any, account: Any) -> bool:
    who = rule["who"]
    return who[1:] in account["groups"] if who.startswith("%") else who == account["name"]


def _left_open(account: Any) -> list[str]:
    doors = [
        (bool(account["keys"]), "keys"),
        (account["hash"] not in ("locked", "empty") and not account["expired"], "a password"),
        ({"sudo", "admin", "wheel"} & set(account["groups"]), "the right to sudo"),
        (account["processes"] > 0, f"{account['processes']} running programs"),
    ]
    return [name for open_, name in doors if open_]


def _trouble(account: Any, keys: list[str]) -> str:
    if account is None:
        return "there is no such account"
    if account["expired"] or not account["login"]:
        return "the account is locked"
    wanted = {known["fingerprint"] for known in map(public_key, keys) if known}
    missing = wanted - {key["fingerprint"] for key in account["keys"]}
    return f"{len(missing)} of {len(wanted)} keys are not there" if missing else ""


def _shared_root(look: Look) -> Iterator[Finding]:
    accounts = look.fact("accounts")["accounts"]
    named = [a["name"] for a in accounts if a["uid"] >= 1000 and a["login"] and a["keys"]]
    root = next((a for a in accounts if a["uid"] == 0), None)
    if root and root["keys"] and not named:
        seen = f"keys that open root: {len(root['keys'])}; that open another account: 0"
        fix = "adduser NAME && adduser NAME sudo && cp -r ~/.ssh /home/NAME/"
        fix += " && chown -R NAME: /home/NAME/.ssh"
        yield Finding("everybody who logs in is root", seen, fix, "should")
