"""The ways a text can fail to be YAML, in words that say what to type instead.

Looks at the raw text first: size, encoding, control characters, and a private key, which ends
the reading at once, so that no later message can repeat a piece of it.
"""

import re
from typing import Any

from seawall.config.problem import Problem, escaped

MAX_BYTES = 512 * 1024
MAX_LINES = 20_000

_PRIVATE_KEY = re.compile(
    r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY|b3BlbnNzaC1rZXktdjEA|PuTTY-User-Key-File|AGE-SECRET-KEY-1"
)
_CONTROL = re.compile(r"[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]|.\ufeff", re.S)
_KEY_HINT = "put the line of its .pub file here; if this was ever committed, make a new key"


def decoded(data: bytes) -> str:
    """UTF-8, with or without a byte order mark."""
    if len(data) > MAX_BYTES:
        raise Problem(1, (), f"is too large: {len(data):,} bytes, at most {MAX_BYTES:,}")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Problem(1, (), "is not UTF-8 but UTF-16", "save it as UTF-8")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        problem = f"is not UTF-8, got byte 0x{data[error.start]:02x}"
        raise Problem(line, (), problem, "save it as UTF-8") from None


def checked(text: str) -> str:
    """The text, when it may be given to a YAML parser."""
    text = text.removeprefix("\ufeff")
    if (lines := text.count("\n") + 1) > MAX_LINES or len(text) > MAX_BYTES:
        raise Problem(1, (), f"is too large: {lines:,} lines, at most {MAX_LINES:,}")
    if found := _PRIVATE_KEY.search(text):
        raise Problem(
            _line(text, found.start()),
            (),
            "this is a private key; only public ones belong here",
            _KEY_HINT,
        )
    if found := _CONTROL.search(text):
        character = ascii(found.group()[-1])[1:-1]
        line = _line(text, found.start())
        raise Problem(line, (), f"contains a control character, got {character}", "remove it")
    return text


def _line(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1


def too_much(line: int, deep: bool) -> Problem:
    """The end of patience with a file that nobody wrote by hand."""
    if deep:
        return Problem(line, (), "is nested too deeply, or an alias contains itself")
    return Problem(line, (), "is too large once its aliases are followed")


def wording(error: Any, text: str) -> Problem:
    """A parser's complaint, in words about what was written."""
    mark = error.problem_mark or error.context_mark
    line = mark.line + 1 if mark else 1
    complaint = f"{error.context or ''} {error.problem or ''}"
    opened = error.context_mark.line + 1 if error.context_mark else line
    if "mapping values are not allowed" in complaint:
        return _unexpected_colon(line, text)
    for pattern, problem, hint, at_opening in _WORDS:
        if match := re.search(pattern, complaint, re.S):
            found = escaped(match.group(1)) if match.re.groups else ""
            at = opened if at_opening else line
            return Problem(at, (), problem.format(found), hint.format(found))
    hint = "look at this line and the one above: indentation, quotes, colons"
    return Problem(line, (), "this cannot be read as YAML", hint)


def _unexpected_colon(line: int, text: str) -> Problem:
    written = text.splitlines()[line - 1] if line <= text.count("\n") + 1 else ""
    if len(re.findall(r":(?:\s|$)", written)) > 1:
        return Problem(line, (), "a second colon on one line", "put the value in quotes")
    hint = "indent it like its neighbours; the line above may lack its colon"
    return Problem(line, (), "does not fit under the line above", hint)


_WORDS: tuple[tuple[str, str, str, bool], ...] = (
    (r"'\\t' that cannot start", "a tab is not allowed here", "indent with spaces", False),
    (
        r"while scanning a quoted scalar.*(?:unexpected end|document separator)",
        "a quote is opened here and never closed",
        "",
        True,
    ),
    (
        r"unknown escape character '(.)'",
        "\\{0} means nothing inside double quotes",
        "write \\\\{0}, or use single quotes",
        False,
    ),
    (r"escape", "a backslash inside double quotes needs care", "use single quotes", False),
    (
        r"character '([@`%&*!|>,\]}}])' that cannot start",
        "a value cannot start with {0}",
        "put it in quotes",
        False,
    ),
    (
        r"while scanning an (alias|anchor)",
        "* and & have a meaning of their own here",
        "put the value in quotes",
        False,
    ),
    (
        r"undefined alias '([^']*)'",
        "*{0} points at nothing",
        "there is no &{0} above; a value that starts with * needs quotes",
        False,
    ),
    (r"duplicate anchor '([^']*)'", "&{0} is defined twice", "give one of them a new name", False),
    (
        r"expected a single document",
        "a second document starts here",
        "leave out the line ---",
        False,
    ),
    (
        r"flow sequence.*expected ',' or '\]'",
        "a [ is opened here and never closed",
        "every [ needs its ], with commas between the items",
        True,
    ),
    (
        r"flow mapping.*expected ',' or '}'",
        "a {{ is opened here and never closed",
        "every {{ needs its }}, with commas between the settings",
        True,
    ),
    (
        r"could not find expected ':'",
        "a setting without its colon",
        "write `name: value`",
        True,
    ),
    (
        r"sequence entries are not allowed",
        "a list cannot start on this line",
        "start it on the next line, or write [one, two]",
        False,
    ),
    (
        r"while parsing a block (?:mapping|collection).*expected <block end>",
        "is not indented like the lines above",
        "settings of one level start in the same column",
        False,
    ),
    (r"tag", "YAML tags have no meaning here", "put a value that starts with ! in quotes", False),
    (r"directive", "a line cannot start with %", "put it in quotes", False),
    (
        r"block scalar",
        "| and > start a text of several lines",
        "put a value that starts with | or > in quotes",
        False,
    ),
)
