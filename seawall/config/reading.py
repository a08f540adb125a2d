"""From a file to a Config: read, validate every section, then what only all of them show."""

from collections.abc import Iterator
from dataclasses import replace
from os.path import relpath
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from seawall.config import across, people, pins, syntax, words, yaml
from seawall.config.model import Config
from seawall.config.problem import Path as Place
from seawall.config.problem import Problem, report
from seawall.config.servers import Top
from seawall.errors import ConfigError
from seawall.features import FEATURES
from seawall.kit import Feature

FILE = "seawall.yml"

_SECTIONS = [kind.section for kind in FEATURES if kind.model_fields]
"""A feature without settings only looks; it has nothing to say in the file."""


def find(start: Path | None = None) -> Path | None:
    """The nearest seawall.yml, from a folder up to the root of its git repository."""
    start = (start or Path.cwd()).absolute()
    above = [start, *start.parents]
    root = next((folder for folder in above if (folder / ".git").exists()), start)
    inside = above[: above.index(root) + 1]
    return next((folder / FILE for folder in inside if (folder / FILE).is_file()), None)


def load(path: Path, pinned: pins.Pins | None = None) -> Config:
    """The Config in a file; relative paths in it are relative to its folder.

    `pinned` stands in for the seawall.lock.yml beside it.
    """
    name = _name(path)
    try:
        with path.open("rb") as file:
            data = file.read(syntax.MAX_BYTES + 1)
    except FileNotFoundError:
        raise ConfigError(f"{name}: no such file", "seawall init writes one") from None
    except OSError as error:
        raise ConfigError(f"{name}: cannot be read: {error.strerror}") from None
    try:
        text = syntax.decoded(data)
    except Problem as problem:
        raise report(name, [problem]) from None
    return replace(parse(text, name, path.absolute().parent, pinned), path=path.absolute())


def _name(path: Path) -> str:
    shorter = relpath(path)
    return str(path) if shorter.startswith("../../..") else shorter


def parse(
    text: str, name: str = FILE, folder: Path | None = None, pinned: pins.Pins | None = None
) -> Config:
    """The Config in a text. Without a folder, `file:` keys are looked for where we stand."""
    try:
        document = yaml.read(syntax.checked(text))
    except Problem as problem:
        raise report(name, [problem]) from None
    folder = folder or Path.cwd()
    pinned = pins.read(folder / pins.FILE) if pinned is None else pinned
    return _Reading(document, name, folder, pinned).config()


class _Reading:
    """One text on its way to a Config."""

    def __init__(self, document: yaml.Document, name: str, folder: Path, pinned: pins.Pins) -> None:
        self.document = document
        self.name = name
        self.folder = folder
        self.pinned = pinned
        self.problems = list(document.problems)

    def config(self) -> Config:
        top = self.valid(Top, self.top(), ())
        features = [self.feature(kind) for kind in FEATURES]
        if self.problems:
            raise report(self.name, _first_of_each(self.problems))
        config = Config(
            top.project or _project(self.folder),
            top.servers,
            tuple(features),
            name=self.name,
            lines=self.document.lines,
        )
        return self.joined(config)

    def joined(self, config: Config) -> Config:
        config, problems = people.filled(config, self.folder, self.pinned)
        if problems := [*problems, *across.problems(config)]:
            raise report(self.name, problems)
        return config

    def top(self) -> dict[str, Any]:
        """What is not a feature's: known settings, and whatever nobody knows."""
        return {
            key: value
            for key, value in self.document.value.items()
            if key not in _SECTIONS and not key.startswith("x-")
        }

    def feature(self, kind: type[Feature]) -> Any:
        if kind.section not in _SECTIONS:
            return kind()
        written = self.document.value.get(kind.section)
        written = {} if written is None else written
        if kind.section in kind.model_fields:
            return self.valid(kind, {kind.section: written}, ())
        return self.valid(kind, written, (kind.section,))

    def valid(self, model: type[BaseModel], value: Any, place: Place) -> Any:
        """The model of a value; what is wrong is noted, and the defaults stand in for it."""
        value = {**value} if isinstance(value, dict) else value
        for key in [key for key in _nothing(value) if model is Top]:
            del value[key]
        servers = self.document.value.get("servers")
        context = {"folder": self.folder, "servers": servers if isinstance(servers, dict) else {}}
        try:
            return model.model_validate(value, context=context)
        except ValidationError as error:
            self.problems += self.found(error, model, value, place)
            return model()

    def found(
        self, error: ValidationError, model: type[BaseModel], value: Any, place: Place
    ) -> Iterator[Problem]:
        for path, text, hint in words.faults_of(error, model, value):
            full = (*place, *path)
            yield Problem(self.line(full), full, text, hint) if text else self.unknown(full, hint)

    def unknown(self, path: Place, known: str) -> Problem:
        top = [*words.settings(Top), *_SECTIONS]
        text, hint = words.unknown(path, top if len(path) == 1 else known.split())
        return Problem(self.line(path), (), text, hint)

    def line(self, path: Place) -> int:
        while path and path not in self.document.lines:
            path = path[:-1]
        return self.document.lines.get(path, 1)


def _nothing(value: Any) -> list[Any]:
    return [key for key, inner in value.items() if inner is None] if isinstance(value, dict) else []


def _first_of_each(problems: list[Problem]) -> Iterator[Problem]:
    """One problem a place: what cannot be read is not also of the wrong kind."""
    seen: set[Any] = set()
    for problem in problems:
        key = problem.path or problem.text
        if key not in seen:
            seen.add(key)
            yield problem


def _project(folder: Path) -> str:
    letters = "".join(c if c.isascii() and c.isalnum() else "-" for c in folder.name.lower())
    return letters.strip("-0123456789")[:63] or "seawall"
