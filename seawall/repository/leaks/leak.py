"""A committed secret, without the secret."""

import hmac
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Literal

Grade = Literal["must", "should", "look"]
"""*must*: whoever reads this gets in somewhere. *should*: a password or key by its name, or a real
one among tests and examples. *look*: a placeholder by all appearances."""

ORDER: dict[str, int] = {"must": 0, "should": 1, "look": 2}


@dataclass(frozen=True)
class Seen:
    """When it first came in: a commit, its author, and the day (ISO 8601)."""

    commit: str
    author: str
    day: str


@dataclass(frozen=True)
class Leak:
    """One secret at one place. `id` is a salted fingerprint that may be shown and written down;
    `same` tells whether two are the same value, and never leaves this machine. `shown` describes
    the value without telling it. `first` is set for what was found in history."""

    rule: str
    what: str
    path: str
    line: int
    grade: Grade
    id: str
    same: str
    shown: str
    first: Seen | None = None
    gone: bool = False
    """True when it is only in history: no file holds it any more."""

    @property
    def place(self) -> str:
        """Where it stands, on one line whatever the file is called."""
        return f"{plain(self.path)}:{self.line}"


def plain(name: str) -> str:
    """A file's name as printable text on one line."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in name)


def mark(value: str, path: str) -> str:
    """The salted fingerprint of a value first seen in this file: `salt-digest`."""
    return salted(value, sha256(path.encode("utf-8", "replace")).hexdigest()[:6])


def salted(value: str, salt: str) -> str:
    """The fingerprint of a value with a salt, as `mark` writes it."""
    digest = hmac.new(f"seawall {salt}".encode(), value.encode("utf-8", "replace"), sha256)
    return f"{salt}-{digest.hexdigest()[:12]}"


def equality(value: str, key: bytes) -> str:
    """What two equal values have in common, on a machine that holds this key."""
    return hmac.new(key, value.encode("utf-8", "replace"), sha256).hexdigest()[:32]


def described(value: str, begins: int) -> str:
    """A value without itself: its public beginning and its length."""
    count = "1 character" if len(value) == 1 else f"{len(value)} characters"
    return f"{value[:begins]}…, {count}" if 0 < begins < len(value) / 2 else count


def once(leaks: "list[Leak]") -> "list[Leak]":
    """Each place once, at its worst grade, and of those the rule that knew most, in order."""
    best: dict[tuple[str, int, str], Leak] = {}
    for leak in leaks:
        key = (leak.path, leak.line, leak.same)
        if key not in best or ORDER[leak.grade] < ORDER[best[key].grade]:
            best[key] = leak
    return sorted(best.values(), key=lambda leak: (ORDER[leak.grade], leak.path, leak.line))


def moved(leak: Leak, first: Seen, gone: bool) -> Leak:
    """The same leak as history tells it."""
    return replace(leak, first=first, gone=gone)
