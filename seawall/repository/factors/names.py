"""Which files of a tree say how the app runs for its visitors, and which only for developers."""

import re
from collections.abc import Iterator

from seawall.repository.factors.docker import Dockerfile, scripts
from seawall.repository.spots import Spot
from seawall.repository.tree import Tree

_DEVELOPS = re.compile(
    r"(?i)(^|[/._-])(dev|devel|develop|development|local|tests?|testing|ci|debug|examples?|sample"
    r"|demo|base_dev|docs|scripts?|tools?|hack|bin|seeds?|seeder|seeders|migrations?|cypress|utils/dev)"
    r"($|[/._-])"
)
_DEPLOYED = {"Procfile", "fly.toml", "app.yaml", "render.yaml"}
_DEPLOYED |= {"docker-compose.yml", "docker-compose.yaml", "compose.yml", "compose.yaml"}
SOURCES = (
    *(".py", ".js", ".ts", ".mjs", ".cjs", ".tsx", ".jsx"),
    *(".rb", ".php", ".go", ".java", ".kt"),
)


def develops(name: str) -> bool:
    """True for a file that only developers and their machines use."""
    return bool(_DEVELOPS.search(name))


def sources(tree: Tree, *endings: str) -> Iterator[str]:
    """Source files of the app itself."""
    for name in tree.product:
        if name.endswith(endings or SOURCES) and not develops(name):
            yield name


def deployed(tree: Tree, files: tuple[Dockerfile, ...]) -> bool:
    """True when the tree says that it is started somewhere: it is an app, not a library."""
    if any(file.starts for file in files) or any(name in _DEPLOYED for name in tree.names):
        return True
    return bool(re.search(r"(?m)^apps:", tree.text("seawall.yml")))


def starts(tree: Tree, files: tuple[Dockerfile, ...]) -> Iterator[Spot]:
    """Every line that starts the app for its visitors."""
    for file in files:
        for each in file.starts:
            yield file.spot(each.line, f"{each.word} {' '.join(each.words)}")
        for name in scripts(tree, file):
            told = _lines(name, tree.text(name))
            yield from (line for line in told if not line.text[:1].isspace())
    for name in tree.names:
        if name == "Procfile":
            told = _lines(name, tree.text(name))
            yield from (line for line in told if line.text.startswith("web:"))


def _lines(name: str, text: str) -> Iterator[Spot]:
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip() and not line.lstrip().startswith("#"):
            yield Spot(name, number, line)


def django_settings(tree: Tree) -> Iterator[str]:
    """The settings of a Django project, as they are for its visitors."""
    for name in tree.named("*.py"):
        last = name.rpartition("/")[2]
        fits = last.startswith("settings") or "/settings/" in f"/{name}"
        if fits and not develops(name) and "project_template" not in name:
            yield name


def assigned(text: str, name: str) -> re.Match[str] | None:
    """The last assignment to a name at the top of a module, with its value as group 1."""
    every = list(re.finditer(rf"(?m)^{name}(?:\s*:[^=\n]+)?\s*=\s*(.+)$", text))
    return every[-1] if every else None
