"""One account per person, with their own keys, and root's door closed.

A shared root key belongs to everybody and nobody: it cannot be taken back from one person, and
the log does not say who it was. Each person declared under `people:` gets an account with their
public keys; admins may use sudo. Somebody marked `removed: true` is locked out at once: keys
removed, account locked, sessions ended. Accounts that are not people (postgres, www-data, a
deploy user) are left alone.

Root's keys are removed only after a named admin's new connection, with sudo, has been proven.
"""

from collections.abc import Iterator
from typing import Any, ClassVar

from pydantic import Field, model_validator

from seawall.agent.steps import AuthorizedKeys, File, Group, Packages, RemovedUser, Step, User
from seawall.kit import Feature, Room, Section
from seawall.kit.fields import Account, KeySource, Switch, wrong

ADMINS = "seawall-admin"
SUDOERS = f"""\
# Written by seawall from seawall.yml. People have keys, not passwords.
%{ADMINS} ALL=(ALL:ALL) NOPASSWD: ALL
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
        yield File("/etc/sudoers.d/50-seawall", SUDOERS, mode="0440", validate=VISUDO)
        for name, person in self.people.items():
            yield from _steps_for(name, person)
        if self.admins():
            yield AuthorizedKeys("root", (), guarded=True)


def _steps_for(name: str, person: Person) -> Iterator[Step]:
    if person.removed:
        yield RemovedUser(name)
        return
    groups, not_groups = ((ADMINS,), ()) if person.admin else ((), (ADMINS, "sudo"))
    yield User(name, groups, not_groups)
    yield AuthorizedKeys(name, tuple(person.keys))
