"""A Dockerfile, taken apart: its stages, what ends up in the image, and what starts in it."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from seawall.repository.spots import Spot
from seawall.repository.tree import Tree

_NAMED = re.compile(r"(?i)(.+\.)?(docker|container)file|(docker|container)file[.-](.+)")
_OTHER = re.compile(
    r"(?i)(^|[._/-])(builder|dev|devel|development|develop|tests?|testing|ci|debug|local|examples?|samples?"
    r"|lint|e2e|docs|dockerignore|tmpl|tpl|templates?|j2|erb|tt|in|bench(mark)?|playwright)($|[._/-])"
)
_DEVELOPS = re.compile(r"(?i)dev|test|lint|debug|ci\b|local")
_HEREDOC = re.compile(r"<<-?\s*([\"']?)(\w+)\1")


@dataclass(frozen=True)
class Instruction:
    """One instruction, its arguments on one line, and where it begins."""

    word: str
    rest: str
    line: int

    @property
    def flags(self) -> list[str]:
        """`--from=x` and the like."""
        found = re.match(r"(?:--\S+\s+)*", self.rest)
        return found[0].split() if found else []

    @property
    def words(self) -> list[str]:
        """What stands behind the flags, one by one."""
        told = re.sub(r"^(--\S+\s+)*", "", self.rest).strip()
        if told.startswith("["):
            return re.findall(r"\"((?:[^\"\\]|\\.)*)\"", told)
        try:
            return shlex.split(told)
        except ValueError:
            return told.split()

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """Names and values of ENV and ARG."""
        words = self.words
        if self.word == "ENV" and words and "=" not in words[0]:
            return [(words[0], " ".join(words[1:]))]
        return [(name, value) for name, _, value in (word.partition("=") for word in words)]


@dataclass
class Stage:
    """What begins with a FROM."""

    base: str
    name: str
    line: int
    instructions: list[Instruction] = field(default_factory=list)


@dataclass(frozen=True)
class Dockerfile:
    """A Dockerfile of the product."""

    name: str
    stages: tuple[Stage, ...]

    @cached_property
    def shipped(self) -> tuple[Stage, ...]:
        """The stages whose layers are in the image, the one that others build on first."""
        last = next((s for s in reversed(self.stages) if not _DEVELOPS.search(s.name)), None)
        chain = [last or self.stages[-1]]
        while below := next((s for s in self.stages if s.name == chain[0].base.lower()), None):
            if below in chain:
                break
            chain.insert(0, below)
        return tuple(chain)

    @property
    def base(self) -> str:
        """The image that everything stands on."""
        return self.shipped[0].base

    def all(self, *words: str) -> list[Instruction]:
        """Instructions of these kinds that the image is made of."""
        return [i for stage in self.shipped for i in stage.instructions if i.word in words]

    @property
    def starts(self) -> list[Instruction]:
        """What runs when a container starts."""
        last = {i.word: i for i in self.all("ENTRYPOINT", "CMD")}
        return list(last.values())

    @property
    def folder(self) -> str:
        """Where it lies, with a slash at the end."""
        return self.name.rpartition("/")[0] + "/" if "/" in self.name else ""

    def spot(self, line: int, text: str) -> Spot:
        """A place in it."""
        return Spot(self.name, line, text)


def dockerfiles(tree: Tree) -> Iterator[Dockerfile]:
    """Those that make the product: none for development or tests."""
    for name in tree.product:
        last = name.rpartition("/")[2]
        if _NAMED.fullmatch(last) and not _OTHER.search(name):
            stages = parsed(tree.text(name))
            if stages:
                yield Dockerfile(name, stages)


def scripts(tree: Tree, file: Dockerfile) -> Iterator[str]:
    """Shell scripts of the tree that a container starts with."""
    told = " ".join(each.rest for each in file.starts)
    called = {word.rpartition("/")[2] for word in re.findall(r"[\w./-]+", told)}
    for name in tree.product:
        if name.rpartition("/")[2] in called and _is_script(tree.text(name)):
            yield name


def _is_script(text: str) -> bool:
    return bool(re.match(r"#!.*\b(sh|bash|ash|dash)\b", text))


def parsed(text: str) -> tuple[Stage, ...]:
    """The stages of a Dockerfile."""
    stages: list[Stage] = []
    values: dict[str, str] = {}
    for each in _instructions(text):
        if each.word == "ARG" and not stages:
            values |= dict(each.pairs)
        elif each.word == "FROM":
            words = [_filled(word, values) for word in each.words]
            named = words[2].lower() if len(words) > 2 and words[1].lower() == "as" else ""
            stages.append(Stage(words[0] if words else "", named, each.line))
        elif stages:
            stages[-1].instructions.append(each)
    return tuple(stages)


def _filled(word: str, values: dict[str, str]) -> str:
    def value(match: re.Match[str]) -> str:
        return values.get(match[1]) or (match[2] or "")[2:] or match[0]

    return re.sub(r"\$\{?(\w+)(:-[^}]*)?\}?", value, word)


def _instructions(text: str) -> Iterator[Instruction]:
    lines = iter(enumerate(text.splitlines(), 1))
    for number, line in lines:
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        whole = line.strip()
        while whole.endswith("\\"):
            at, more = next(lines, (0, ""))
            silent = bool(at) and (not more.strip() or more.lstrip().startswith("#"))
            whole = whole if silent else f"{whole[:-1]} {more.strip()}"
        for _, ending in _HEREDOC.findall(whole):
            for _, inside in lines:
                if inside.strip() == ending:
                    break
                whole += f" {inside.strip()} ;"
        word, _, rest = whole.partition(" ")
        yield Instruction(word.upper(), rest.strip(), number)
