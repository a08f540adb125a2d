"""`.env` files: NAME=value lines, read as the usual libraries and shells read them."""

import re
from collections.abc import Iterator, Mapping

from seawall.errors import ConfigError

_LINE = re.compile(
    r"""
    [ \t]*(?:export[ \t]+)?(?P<name>[^\s=\#'"]+)[ \t]*=[ \t]*
    (?: "(?P<double>(?:\\.|[^"\\])*)"
      | '(?P<single>[^']*)'
      | (?P<plain>[^\n'"][^\n]*|) )
    [ \t]*(?:\#[^\n]*)?(?:\n|\Z)
    """,
    re.VERBOSE | re.DOTALL,
)
_BLANK = re.compile(r"[ \t]*(?:#[^\n]*)?(?:\n|\Z)")
_PLAIN = re.compile(r"[A-Za-z0-9_./:@%+,=-]+")


def parse(text: str, file: str) -> dict[str, str]:
    """The values in a text; ConfigError with the line, and nothing of it, when one is no pair."""
    return dict(_pairs(text.replace("\r\n", "\n"), file))


def _pairs(text: str, file: str) -> Iterator[tuple[str, str]]:
    at = 0
    while at < len(text):
        if blank := _BLANK.match(text, at):
            at = blank.end()
            continue
        found = _LINE.match(text, at)
        if not found or not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,127}", found["name"]):
            line = text.count("\n", 0, at) + 1
            hint = 'lines look like NAME=value, or NAME="with spaces"'
            raise ConfigError(f"{file}:{line}: is not NAME=value", hint)
        at = found.end()
        yield found["name"], _value(found)


def _value(found: re.Match[str]) -> str:
    if found["double"] is not None:
        return re.sub(r"\\(.)", _unescaped, found["double"], flags=re.DOTALL)
    if found["single"] is not None:
        return found["single"]
    return re.sub(r"[ \t]#.*", "", found["plain"]).strip()


def _unescaped(found: re.Match[str]) -> str:
    return {"n": "\n", "t": "\t", "r": "\r"}.get(found[1], found[1])


def text(values: Mapping[str, str]) -> str:
    """Values as lines, which a shell reads too, and `parse` reads back."""
    return "".join(f"{name}={_quoted(value)}\n" for name, value in sorted(values.items()))


def _quoted(value: str) -> str:
    if _PLAIN.fullmatch(value):
        return value
    escaped = re.sub(r'([\\"$`])', r"\\\1", value)
    return f'"{escaped}"'
