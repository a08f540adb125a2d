"""One kind of secret, and what it takes to tell it."""

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

Sort = Literal["token", "keyfile", "url", "password", "key", "file"]
"""A file is made for secrets, such as .netrc. A token has a shape of its own, a url carries a password; a password and a key are known by the
name in front of them only."""


@dataclass(frozen=True)
class Rule:
    """One kind of secret. A piece without any of `words` (lower case) cannot hold it.

    `shown` letters at its beginning are the same for everybody and may be shown.
    """

    id: str
    what: str
    pattern: str
    words: tuple[str, ...]
    sort: Sort = "token"
    shown: int = 0

    @cached_property
    def regex(self) -> re.Pattern[str]:
        """The pattern for Python."""
        return re.compile(self.pattern)


def token(id: str, what: str, pattern: str, words: str, *, shown: int | None = None) -> Rule:
    """A token that nothing else looks like; by default its words are what it begins with."""
    begins = len(words) if shown is None else shown
    framed = rf"(?:^|[^A-Za-z0-9_])({pattern})(?:[^A-Za-z0-9_]|$)"
    return Rule(id, what, framed, tuple(words.lower().split(" ")), "token", begins)
