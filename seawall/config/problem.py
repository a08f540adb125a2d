"""What is wrong in seawall.yml, said so that a tired person can put it right.

`seawall.yml:6: firewall.open[1]: should be a port, 1 to 65535, got 70000`, all problems at once,
sorted by line. Values are shortened, control characters escaped, secrets never shown.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from seawall.errors import ConfigError
from seawall.kit.fields import Unquoted

Path = tuple[str | int, ...]

MOST_SHOWN = 50
_LONGEST = 40
_SECRET = re.compile(
    r"(sk|rk|pk)_(live|test)_|gh[pousr]_|github_pat_|xox[a-z]-|AKIA|eyJ|AGE-|PRIVATE KEY"
    r"|[A-Za-z0-9+/_=-]{32,}|://[^/\s]*:[^/\s]*@|password|passwd|secret|token",
    re.IGNORECASE,
)
_NOT_TEXT = re.compile(r"|[0-9.]{1,9}|true|false|yes|no|on|off|null")
_PUBLIC_KEY = re.compile(r"(ssh-|ecdsa-|sk-)[a-z0-9@.-]+ +AAAA[A-Za-z0-9+/]{8}", re.ASCII)


@dataclass(eq=False)
class Problem(Exception):
    """One thing that is wrong; raised only where nothing after it can be read."""

    line: int
    path: Path
    text: str
    hint: str = ""

    def __str__(self) -> str:
        return f"{where(self.path)}: {self.text}" if self.path else self.text


def report(name: str, problems: Iterable[Problem]) -> ConfigError:
    """Every problem on a line of its own, its hint indented below it."""
    ordered = sorted(problems, key=lambda problem: problem.line)
    lines: list[str] = []
    for problem in ordered[:MOST_SHOWN]:
        lines.append(f"{name}:{problem.line}: {problem}")
        hint = f"  hint: {problem.hint}"
        if problem.hint and hint not in lines:
            lines.append(hint)
    if len(ordered) > MOST_SHOWN:
        lines.append(f"{name}: and {len(ordered) - MOST_SHOWN:,} more")
    return ConfigError("\n".join(lines))


def where(path: Path) -> str:
    """A path as people write it: `firewall.open[1].from`."""
    return "".join(_step(part) for part in path).removeprefix(".")


def _step(part: str | int) -> str:
    if isinstance(part, int):
        return f"[{part}]"
    return f".{escaped(part)}" if re.fullmatch(r"[\w<][\w<-]*", part) else f'["{escaped(part)}"]'


def escaped(text: str) -> str:
    """Text for a terminal: no control characters, no secret, not longer than it must be."""
    if key := _PUBLIC_KEY.match(text):
        return f"{key.group()}…"
    if _SECRET.search(text) and len(text) >= 16:
        return f"({len(text)} characters, not shown)"
    short = text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in short)


def shown(value: Any) -> str:
    """A value as it stands in an error."""
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    if value is None:
        return "nothing"
    if isinstance(value, str):
        quoted = _NOT_TEXT.fullmatch(value) and not isinstance(value, Unquoted)
        return f'"{value}"' if quoted else escaped(value)
    return escaped(str(value).lower())
