"""A YAML text becomes plain values, each with the line it was written on.

The reading is stricter than YAML: unquoted yes, no, on and off stay words, `22:00` stays text,
a key written twice is a problem, and so is whatever two YAML readers would read differently.
What is large, deep or repeats itself by aliases is refused before it costs memory.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from seawall.config.problem import Path, Problem, escaped
from seawall.config.syntax import too_much, wording
from seawall.kit.fields import Unquoted

MAX_NODES = 50_000
MAX_DEPTH = 40

_TAG = "tag:yaml.org,2002:"
_WORD = re.compile(r"(?i:y|yes|n|no|on|off)")
_NO_NAME = re.compile(r"(?i:y|yes|n|no|on|off|true|false|null)|~")
_OCTAL = re.compile(r"[-+]?0[0-9_]+|0o[0-7]+")
_IMPLICIT = (
    ("null", r"~|null|Null|NULL|", "~nN\0"),
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", r"[-+]?(0|[1-9][0-9]{0,17})|0x[0-9a-fA-F]{1,15}", "-+0123456789"),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+\.[0-9]*)([eE][-+]?[0-9]{1,3})?", "-+.0123456789"),
    ("float", r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)", "-+."),
    ("merge", r"<<", "<"),
)


@dataclass
class Document:
    """What a file says, where it says it, and what was wrong with how it was written."""

    value: dict[Any, Any] = field(default_factory=dict)
    lines: dict[Path, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


class _Loader(yaml.SafeLoader):
    """PyYAML's composer with the scalars of YAML 1.2 and a bound on depth and size."""

    yaml_implicit_resolvers: dict[Any, Any] = {}
    depth = nodes = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        self.depth += 1
        self.nodes += 1
        if self.depth > MAX_DEPTH or self.nodes > MAX_NODES:
            raise too_much(parent.start_mark.line + 1, self.depth > MAX_DEPTH)
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node


for _kind, _pattern, _first in _IMPLICIT:
    _Loader.add_implicit_resolver(_TAG + _kind, re.compile(f"(?:{_pattern})\\Z"), list(_first))
_Loader.yaml_implicit_resolvers[""] = [(f"{_TAG}null", re.compile(r"\Z"))]


def read(text: str) -> Document:
    """Plain values of a text that `syntax.checked` has seen; raises Problem for broken YAML."""
    try:
        loader = _Loader(text)
        root = loader.get_single_node()
    except yaml.MarkedYAMLError as error:
        raise wording(error, text) from None
    if root is None or root.tag == f"{_TAG}null":
        raise Problem(1, (), "the file is empty", "seawall init writes one")
    if not isinstance(root, yaml.MappingNode):
        raise Problem(_line(root), (), "the file should hold settings, such as `project: acme`")
    return _Walk(loader).document(root)


def _line(node: Any) -> int:
    return int(node.start_mark.line) + 1


class _Walk:
    """Turns nodes into values; aliases are followed, and counted."""

    def __init__(self, loader: Any) -> None:
        self.loader = loader
        self.found = Document()
        self.visited = 0

    def document(self, root: Any) -> Document:
        self.found.value = self.mapping(root, ())
        return self.found

    def problem(self, node: Any, path: Path, text: str, hint: str = "") -> None:
        self.found.problems.append(Problem(_line(node), path, text, hint))

    def count(self, node: Any, depth: int) -> None:
        self.visited += 1
        if self.visited > MAX_NODES or depth > MAX_DEPTH:
            raise too_much(_line(node), depth > MAX_DEPTH)

    def value(self, node: Any, path: Path) -> Any:
        self.count(node, len(path))
        if isinstance(node, yaml.ScalarNode):
            return self.scalar(node, path)
        if node.tag not in (f"{_TAG}map", f"{_TAG}seq"):
            self.foreign(node, path)
        if isinstance(node, yaml.MappingNode):
            return self.mapping(node, path)
        return [self.item(child, (*path, index)) for index, child in enumerate(node.value)]

    def item(self, node: Any, path: Path) -> Any:
        self.found.lines[path] = _line(node)
        return self.value(node, path)

    def mapping(self, node: Any, path: Path) -> dict[Any, Any]:
        result: dict[Any, Any] = {}
        for key_node, child in self.pairs(node, path, 0):
            key = self.key(key_node, path)
            if key is None or (key in result and not self.twice(node, key_node, (*path, key))):
                continue
            self.found.lines[(*path, key)] = _line(key_node)
            result[key] = self.value(child, (*path, key))
        return result

    def twice(self, node: Any, key_node: Any, path: Path) -> bool:
        """Say that a key is there already, unless it only came along with a merge."""
        if any(key_node is own for own, _ in node.value):
            first = self.found.lines[path]
            self.problem(key_node, path, f"is written twice, first on line {first}")
        return False

    def pairs(self, node: Any, path: Path, depth: int) -> Iterator[tuple[Any, Any]]:
        """Own keys first, then those of `<<`, which may not replace them."""
        self.count(node, len(path) + depth)
        merged = []
        for key_node, child in node.value:
            if key_node.tag == f"{_TAG}merge":
                merged += self.sources(key_node, child, path)
            else:
                yield key_node, child
        for source in merged:
            yield from self.pairs(source, path, depth + 1)

    def sources(self, key_node: Any, node: Any, path: Path) -> list[Any]:
        sources = node.value if isinstance(node, yaml.SequenceNode) else [node]
        if all(isinstance(source, yaml.MappingNode) for source in sources):
            return list(sources)
        self.problem(key_node, (*path, "<<"), "should be an alias of settings: `<<: *name`")
        return []

    def key(self, node: Any, path: Path) -> str | None:
        self.count(node, len(path))
        if not isinstance(node, yaml.ScalarNode):
            self.problem(node, path, "a name should be text, got { or [", _BRACES)
        elif not node.value:
            self.problem(node, path, "a name is missing in front of the colon")
        elif node.style is None and _NO_NAME.fullmatch(node.value):
            word = Unquoted(node.value)
            self.problem(node, (*path, word), word.trap, word.cure)
        else:
            return str(node.value)
        return None

    def scalar(self, node: Any, path: Path) -> Any:
        plain = node.style is None
        implied = self.loader.resolve(yaml.ScalarNode, node.value, (plain, not plain))
        if node.tag not in (implied, f"{_TAG}str"):
            self.foreign(node, path)
            return node.value
        if node.tag == f"{_TAG}str":
            return self.text(node, path) if plain else node.value
        return _PLAIN[node.tag.removeprefix(_TAG)](node.value)

    def text(self, node: Any, path: Path) -> str:
        if _OCTAL.fullmatch(node.value):
            zero = f"YAML may read a leading zero as octal, got {escaped(node.value)}"
            hint = "leave out the zero; text that only looks like a number goes in quotes"
            self.problem(node, path, zero, hint)
        return Unquoted(node.value) if _WORD.fullmatch(node.value) else str(node.value)

    def foreign(self, node: Any, path: Path) -> None:
        tag = escaped(node.tag.replace(_TAG, "!!"))
        self.problem(node, path, f"YAML tags have no meaning here, got {tag}", "leave the tag out")


_BRACES = "a value that starts with { or [ needs quotes"


def _float(text: str) -> float:
    return float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))


def _int(text: str) -> int:
    return int(text, 16 if text.startswith("0x") else 10)


_PLAIN: dict[str, Any] = {
    "null": lambda text: None,
    "bool": lambda text: text.lower() == "true",
    "int": _int,
    "float": _float,
    "merge": str,
}
