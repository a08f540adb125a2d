"""Places in a source tree: a file, a line and what stands there, without any secret it holds."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from seawall.kit import Finding, Severity
from seawall.repository.tree import Tree

MOST_SHOWN = 5
"""Places shown with one finding; nobody reads more."""
_WIDE = 88
MOST_COLUMNS = 5_000
"""A file with a longer line was written by a program, for programs."""
_COMMENT = {
    "py": re.compile(r"(?m)^[ \t]*#.*$"),
    "rb": re.compile(r"(?m)^[ \t]*#.*$"),
    "php": re.compile(r"(?m)^[ \t]*(//|#(?!\[)).*$"),
    "": re.compile(r"(?m)^[ \t]*//.*$"),
}
_BLOCK = {
    "py": re.compile(r"(?ms)^[ \t]*[rRuUbB]?(\"\"\"|''').*?\1"),
    "": re.compile(r"(?s)/\*.*?\*/"),
}
_HASHED = {"yml", "yaml", "sh", "rb", "py", "toml", "conf", "env", "properties"}
_URL = re.compile(r"(://[^\s/:@\"']*:)[^\s/@\"']+@")
_QUOTED = re.compile(
    r"(?i)((?:pass|pwd|secret|token|key|credential)\w*[\"']?\]?\s*(?:=>|=|:|,)\s*)([\"'])(?:(?!\2).)+\2"
)
_RANDOM = re.compile(r"(?=[\w+/=-]*[0-9])(?=[\w+/=-]*[a-z])(?=[\w+/=-]*[A-Z])[\w+/=-]{24,}")


@dataclass(frozen=True)
class Spot:
    """A line of a file."""

    name: str
    line: int
    text: str

    def __str__(self) -> str:
        shown = hidden(" ".join(self.text.split()))
        short = f"{shown[:_WIDE]}…" if len(shown) > _WIDE else shown
        return f"{self.name}:{self.line}   {short}".rstrip()


def hidden(text: str) -> str:
    """The same text without what looks like a secret."""
    text = _URL.sub(r"\1…@", text)
    text = _QUOTED.sub(r"\1\2…\2", text)
    return _RANDOM.sub("…", text)


def code(tree: Tree, name: str) -> str:
    """A file without its comments, line by line where it was; nothing of what no person wrote."""
    ending = name.rpartition(".")[2]
    return tree.derived(name, lambda text: _bare(text, ending))


def _bare(text: str, ending: str) -> str:
    if max(map(len, text.split("\n"))) > MOST_COLUMNS:
        return ""
    kind = ending if ending in _COMMENT else "rb" if ending in _HASHED else ""
    block = _BLOCK.get(ending) or (_BLOCK[""] if kind != "rb" else None)
    if block and (ending == "py" or "/*" in text):
        text = block.sub(_blank, text)
    return _COMMENT[kind].sub("", text)


def _blank(match: re.Match[str]) -> str:
    return "\n" * match[0].count("\n")


def spots(
    tree: Tree, names: Iterable[str], pattern: re.Pattern[str], *, words: tuple[str, ...] = ()
) -> Iterator[tuple[Spot, re.Match[str]]]:
    """Every place in these files that fits; files with none of the words are not searched."""
    for name in names:
        if words and not tree.mentions(name, words):
            continue
        bare = code(tree, name)
        for match in pattern.finditer(bare):
            yield spot(name, bare, match.start()), match


def lines(
    tree: Tree, names: Iterable[str], pattern: re.Pattern[str], words: tuple[str, ...]
) -> Iterator[tuple[Spot, re.Match[str]]]:
    """Every line that fits and has one of the words: faster than `spots`, for single lines."""
    anchor = re.compile("|".join(map(re.escape, words)))
    for name in names:
        if not tree.mentions(name, words):
            continue
        bare, done = code(tree, name), 0
        for found in anchor.finditer(bare):
            if found.start() >= done:
                place = spot(name, bare, found.start())
                done = found.start() + len(place.text) - _column(bare, found.start())
                if match := pattern.search(place.text):
                    yield place, match


def _column(text: str, at: int) -> int:
    return at - text.rfind("\n", 0, at) - 1


def spot(name: str, text: str, at: int) -> Spot:
    """The line of a text that a position is in."""
    start = text.rfind("\n", 0, at) + 1
    end = text.find("\n", at)
    return Spot(name, text.count("\n", 0, at) + 1, text[start : end if end >= 0 else None])


def finding(
    problem: str, where: Iterable[Spot], fix: str, severity: Severity | None = None
) -> Iterator[Finding]:
    """One finding for all these places; none when there is none."""
    found = list(dict.fromkeys(where))
    if found:
        lines = [str(each) for each in found[:MOST_SHOWN]]
        more = len(found) - MOST_SHOWN
        lines += [f"and {more} more like it"] if more > 0 else []
        yield Finding(problem, "\n".join(lines), fix, severity)
