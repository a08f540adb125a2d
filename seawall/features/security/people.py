"""One account per person, with their own keys, and root's door closed.

A shared root key belongs to everybody and nobody: it cannot be taken back from one person, and
the log does not say who it was. Each person declared under `people:` gets an account with their
public keys; admins may use sudo. Somebody marked `removed: true` is locked out at once: keys
removed, account locked, sessions ended. Accounts that are not people (postgres, www-data, a
deploy user) are left alone.

Root's keys are removed only after a named admin's new connection, with sudo, has been proven.
"""

from typing import ClassVar

from pydantic import Field

from seawall.kit import Feature, Room, Section


class Person(Section):
    """Somebody who may log in."""

    keys: list[str] = Field(default=[])
    """Public keys: the key itself (`ssh-ed25519 AAAA… dana`), `file:dana.pub` (relative to
    seawall.yml) or `github:dana` (looked up once, shown, and pinned in seawall.lock.yml)."""
    admin: bool = False
    """May use sudo, without a password (there are no passwords)."""
    removed: bool = False
    """Locked out: keys removed, account locked, sessions ended. Their files stay."""


class People(Feature):
    section: ClassVar[str] = "people"
    room: ClassVar[Room] = "security"

    people: dict[str, Person] = Field(default={})
    """Everybody who may log in, by account name."""
