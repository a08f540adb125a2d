"""A file of secrets as text: who reads it, its key, and its values, all as blocks of age.

    reader dana ssh-ed25519 AAAA…
    key
    -----BEGIN AGE ENCRYPTED FILE-----
    …
    value STRIPE_KEY 2026-11-24T15:20:00Z
    -----BEGIN AGE ENCRYPTED FILE-----
    …

Blocks stand apart and in the order of their names, so that git can merge two people's edits.
"""

import re
from dataclasses import dataclass, field, replace

from seawall.errors import ConfigError, SeawallError

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")
"""What a secret may be called: like an environment variable, which it usually becomes."""
BEGIN, END = "-----BEGIN AGE ENCRYPTED FILE-----", "-----END AGE ENCRYPTED FILE-----"
FORMAT = "1"
MARKS = ("<<<<<<<", "=======", ">>>>>>>", "|||||||")
HEAD = """\
# Secrets of {title}. Names are in the open, values are encrypted with age for the readers below.
# Change them with `seawall secrets`. In a conflict of git keep every block; of the same name, one.
format {format}
"""


@dataclass(frozen=True)
class Sealed:
    """An encrypted value, and when it was set (UTC, ISO 8601)."""

    when: str
    armor: str


@dataclass(frozen=True)
class Page:
    """Everything in a file of secrets."""

    readers: tuple[tuple[str, str], ...] = ()
    """Name and public key of whoever can read; `project` is the key that belongs to nobody."""
    former: dict[str, str] = field(default_factory=dict)
    """Who could read once, and until when."""
    key: str = ""
    values: dict[str, Sealed] = field(default_factory=dict)

    @property
    def sealed_lines(self) -> list[str]:
        """The lines that are sealed with the key, so that nobody can add a reader unseen."""
        readers = [f"reader {name} {key}" for name, key in self.readers]
        return [*readers, *(f"former {name} {when}" for name, when in sorted(self.former.items()))]

    def text(self, title: str) -> str:
        """As it stands in the file."""
        parts = [HEAD.format(title=title, format=FORMAT) + "\n".join(self.sealed_lines)]
        parts.append(f"key\n{self.key.strip()}")
        for name in sorted(self.values):
            sealed = self.values[name]
            parts.append(f"value {name} {sealed.when}\n{sealed.armor.strip()}")
        return "\n\n".join(parts) + "\n"

    def without(self, name: str) -> "Page":
        """The same, but for one value."""
        return replace(self, values={k: v for k, v in self.values.items() if k != name})


def parse(text: str, file: str) -> Page:
    """The page in a text; SeawallError when it is none, and what to do about a conflict."""
    return _Reading(text.splitlines(), file).page()


class _Reading:
    """One text on its way to a Page."""

    def __init__(self, lines: list[str], file: str) -> None:
        self.lines = lines
        self.file = file
        self.at = 0
        self.readers: list[tuple[str, str]] = []
        self.former: dict[str, str] = {}
        self.key = ""
        self.values: dict[str, Sealed] = {}
        self.format = ""

    def page(self) -> Page:
        while self.at < len(self.lines):
            line = self.lines[self.at].strip()
            self.at += 1
            if line and not line.startswith("#"):
                self._line(line)
        if self.format != FORMAT:
            hint = "a newer Seawall may have written it" if self.format else "git log shows when"
            raise SeawallError(
                f"{self.file}: is not a file of secrets that this version reads", hint
            )
        if not self.key:
            raise self._wrong("has no key", "git log -p shows where it was lost")
        return Page(tuple(self.readers), self.former, self.key, self.values)

    def _line(self, line: str) -> None:
        if line.startswith(MARKS):
            raise conflict(f"{self.file}:{self.at}")
        word, _, rest = line.partition(" ")
        take = {
            "format": self._format,
            "reader": self._reader,
            "former": self._former,
            "key": self._key,
            "value": self._value,
        }.get(word)
        if take is None:
            raise self._wrong("is not as Seawall wrote it", "git diff shows what was changed")
        take(rest)

    def _format(self, rest: str) -> None:
        self.format = rest

    def _reader(self, rest: str) -> None:
        name, _, key = rest.partition(" ")
        self.readers.append((name, key))

    def _former(self, rest: str) -> None:
        name, _, when = rest.partition(" ")
        self.former[name] = when

    def _key(self, rest: str) -> None:
        if self.key:
            hint = "keep the reader lines and the key of one side, then: seawall secrets grant"
            raise self._wrong("a second key", hint)
        self.key = self._armor()

    def _value(self, rest: str) -> None:
        name, _, when = rest.partition(" ")
        if not NAME.fullmatch(name):
            raise self._wrong("is not the name of a secret", "git diff shows what was changed")
        if name in self.values:
            hint = f"keep one of the two blocks of {name}; which one is right, its owners know"
            raise self._wrong(f"{name} stands here a second time", hint)
        self.values[name] = Sealed(when, self._armor())

    def _armor(self) -> str:
        """The block that follows. The line that ends it may be gone: where two people add a value
        in one place, git takes it for one that both share. A block that was cut opens nothing."""
        block: list[str] = []
        while self.at < len(self.lines) and not (block and self._begins_another()):
            line = self.lines[self.at].strip()
            self.at += 1
            if line.startswith(MARKS):
                raise conflict(f"{self.file}:{self.at}")
            if line == END:
                break
            block.append(line)
        if block[:1] != [BEGIN]:
            raise self._wrong("a block was cut", "git diff shows what was changed")
        return "\n".join([*block, END]) + "\n"

    def _begins_another(self) -> bool:
        line = self.lines[self.at].strip()
        return not line or line == "key" or line.startswith("value ")

    def _wrong(self, problem: str, hint: str) -> SeawallError:
        return SeawallError(f"{self.file}:{self.at}: {problem}", hint)


def conflict(where: str) -> SeawallError:
    """Two people edited at once: what to do with it."""
    hint = (
        "keep every block and take out the marks; of the same name keep one. Where the reader "
        "lines or the key differ, keep those of one side, then run seawall secrets grant"
    )
    return SeawallError(f"{where}: git could not merge two edits", hint)


def checked(name: str) -> str:
    """The name of a secret; ConfigError when it cannot be one. It is not shown: it may be a value
    that was typed in the wrong place."""
    if not NAME.fullmatch(name):
        hint = "use A-Z, 0-9 and _, starting with a letter, such as STRIPE_KEY"
        raise ConfigError("that is not a name for a secret", hint)
    return name
