"""The files of a source tree, read within bounds: so many files, so large, so much in memory.

A link is never followed, neither as a file nor on the way to one, and nothing but regular files is
opened: a tree that somebody else made cannot lead outside, and cannot make a look hang.
"""

import os
import re
import stat
from collections.abc import Callable, Iterator
from fnmatch import translate
from functools import cached_property
from pathlib import Path, PurePosixPath

from seawall.repository.source import Source

MOST_FILES = 20_000
MOST_BYTES = 1 << 20
"""Bytes of one file; a larger one was written by a program, and is not read."""
MOST_KEPT = 64 << 20
"""Characters of all files kept in memory between two checks."""
MOST_DEPTH = 20
MOST_DERIVED = 500
"""Texts without comments kept in memory."""
INSTALLED = {"node_modules", "bower_components", "vendor", ".venv", "venv", "site-packages", ".git"}
INSTALLED |= {"__pycache__", ".tox", "third_party", "third-party", "dist-packages", ".terraform"}
"""Folders of other people's code."""
_BESIDE = {"test", "tests", "spec", "specs", "__tests__", "testing", "testdata", "fixtures", "e2e"}
_BESIDE |= {"example", "examples", "sample", "samples", "demo", "demos", "docs", "doc", "cypress"}
_BESIDE |= {"benchmark", "benchmarks", "bench", "__mocks__", "mocks", "stories", ".devcontainer"}
_BESIDE |= {"test_project", "testproject", "playground", "test-utils", "testutils", ".github"}
_TEST = re.compile(
    r"(?i)(^test_|^conftest\.|[._-](test|tests|spec|stories|mock)\.\w+$|\.min\.|\.d\.ts$)"
)


class Tree:
    """A source tree: the names of its files, and their texts."""

    def __init__(self, source: Source, here: Path) -> None:
        self.top = source.top or here
        self.tracked = frozenset(source.tracked)
        self.in_git = source.top is not None
        listed = [*source.tracked, *source.loose] if source.top else list(_walked(here))
        names = sorted(set(listed), key=lambda name: (name.count("/"), name))
        self.names = tuple(names[:MOST_FILES])
        self.unseen = len(names) - len(self.names)
        self._real_top = os.path.realpath(self.top)
        self._folders: dict[str, bool] = {}
        self._texts: dict[str, str] = {}
        self._kept = 0
        self._mentioned: dict[tuple[str, ...], dict[str, bool]] = {}
        self._derived: dict[str, str] = {}

    @cached_property
    def product(self) -> tuple[str, ...]:
        """The files that are the app: no tests, examples, documents, or other people's code."""
        return tuple(name for name in self.names if is_product(name))

    def named(self, *patterns: str) -> Iterator[str]:
        """Files of the product whose own name is like one of these."""
        fits = re.compile("|".join(map(translate, patterns))).match
        for name in self.product:
            if fits(name.rpartition("/")[2]):
                yield name

    def has(self, name: str) -> bool:
        """True when there is such a file, whether git knows it or not."""
        return os.path.lexists(self.top / name)

    def text(self, name: str) -> str:
        """What a file says; nothing when it is too large, no text, no file, or elsewhere."""
        if name not in self._texts:
            text = self._read(name)
            if self._kept + len(text) > MOST_KEPT:
                return text
            self._kept += len(text)
            self._texts[name] = text
        return self._texts[name]

    def mentions(self, name: str, words: tuple[str, ...]) -> bool:
        """True when a file has one of these words in it."""
        asked = self._mentioned.setdefault(words, {})
        if name not in asked:
            text = self.text(name)
            asked[name] = any(word in text for word in words)
        return asked[name]

    def derived(self, name: str, make: Callable[[str], str]) -> str:
        """What is made of a file's text, made once."""
        if name not in self._derived:
            if len(self._derived) > MOST_DERIVED:
                self._derived.clear()
            self._derived[name] = make(self.text(name))
        return self._derived[name]

    def _read(self, name: str) -> str:
        path = self.top / name
        if not self._inside(str(path.parent)):
            return ""
        try:
            flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
            with os.fdopen(os.open(path, flags), "rb") as file:
                about = os.fstat(file.fileno())
                if not stat.S_ISREG(about.st_mode) or about.st_size > MOST_BYTES:
                    return ""
                read = file.read(MOST_BYTES)
        except OSError:
            return ""
        return "" if b"\0" in read[:8192] else read.decode("utf-8", "replace")

    def _inside(self, folder: str) -> bool:
        if folder not in self._folders:
            real = os.path.realpath(folder)
            self._folders[folder] = real == self._real_top or real.startswith(
                f"{self._real_top}{os.sep}"
            )
        return self._folders[folder]


def is_product(name: str) -> bool:
    """True for a file that is part of what will run."""
    path = PurePosixPath(name)
    folders = {part.lower() for part in path.parts[:-1]}
    return not folders & (INSTALLED | _BESIDE) and not _TEST.search(path.name)


def _walked(top: Path) -> Iterator[str]:
    """Names of the files of a folder that is no git repository."""
    found = 0
    for folder, folders, files in os.walk(top):
        inside = os.path.relpath(folder, top)
        deep = inside.count(os.sep) >= MOST_DEPTH
        folders[:] = [] if deep else sorted(name for name in folders if name not in INSTALLED)
        for name in sorted(files):
            yield name if inside == "." else f"{inside}/{name}".replace(os.sep, "/")
            found += 1
            if found > MOST_FILES:
                return
