"""Which version of which runtime a tree asks for, and where it says so."""

import re
from collections.abc import Iterable, Iterator

from seawall.repository.factors import ends
from seawall.repository.factors.docker import Dockerfile
from seawall.repository.factors.manifests import parsed, table
from seawall.repository.factors.names import develops
from seawall.repository.spots import Spot
from seawall.repository.tree import Tree

Asked = tuple[str, str, Spot]
"""What, which version, where."""
_FILES = {
    ".python-version": "Python",
    ".nvmrc": "Node",
    ".node-version": "Node",
    ".ruby-version": "Ruby",
    ".php-version": "PHP",
}
_TOOLS = {"nodejs": "Node", "node": "Node", "python": "Python", "ruby": "Ruby", "golang": "Go"}
_IMAGES = {
    "python": "Python",
    "node": "Node",
    "ruby": "Ruby",
    "php": "PHP",
    "golang": "Go",
    "debian": "Debian",
    "ubuntu": "Ubuntu",
    "alpine": "Alpine",
    "postgres": "Postgres",
    "mysql": "MySQL",
    "mariadb": "MariaDB",
}
_LOCKED = {
    "Gemfile.lock": (re.compile(r"(?m)^    rails \(([\d.]+)\)"), "Rails"),
    "poetry.lock": (re.compile(r"(?mi)^name = \"django\"\nversion = \"([\d.]+)"), "Django"),
    "uv.lock": (re.compile(r"(?mi)^name = \"django\"\nversion = \"([\d.]+)"), "Django"),
    "requirements.txt": (re.compile(r"(?mi)^django==([\d.]+)"), "Django"),
    "composer.lock": (
        re.compile(r"\"name\": \"laravel/framework\",\s*\"version\": \"v?([\d.]+)"),
        "Laravel",
    ),
    "Pipfile": (re.compile(r"(?m)^python_version\s*=\s*\"([\d.]+)\""), "Python"),
    "Gemfile": (re.compile(r"(?m)^ruby\s+[\"']([\d.]+)[\"']"), "Ruby"),
    "runtime.txt": (re.compile(r"^python-([\d.]+)"), "Python"),
}


def asked(tree: Tree, files: Iterable[Dockerfile]) -> Iterator[Asked]:
    """Every runtime that this tree names a version of."""
    yield from _said(tree)
    yield from _locked(tree)
    for file in files:
        names = {stage.name for stage in file.stages}
        for stage in file.stages:
            if stage.base.lower() not in names:
                yield from _image(stage.base, file.spot(stage.line, f"FROM {stage.base}"))
    for name in tree.named("docker-compose*.y*ml", "compose*.y*ml"):
        if not develops(name):
            for number, line in enumerate(tree.text(name).splitlines(), 1):
                if told := re.match(r"\s+image:\s*[\"']?([\w./:-]+)", line):
                    yield from _image(told[1], Spot(name, number, line))


def _said(tree: Tree) -> Iterator[Asked]:
    for name, what in _FILES.items():
        if name in tree.names and (told := re.match(r"\s*\D{0,7}(\d[\d.]*)", tree.text(name))):
            yield what, told[1], Spot(name, 1, tree.text(name).split("\n")[0])
    for number, line in enumerate(tree.text(".tool-versions").splitlines(), 1):
        told = re.match(r"(\w+)\s+(\d[\d.]*)", line)
        if told and told[1] in _TOOLS:
            yield _TOOLS[told[1]], told[2], Spot(".tool-versions", number, line)
    yield from _ranges(tree)


def _ranges(tree: Tree) -> Iterator[Asked]:
    """Manifests whose range has no supported version in it."""
    for name in tree.named("package.json"):
        engine = str(table(parsed(tree.text(name)), "engines").get("node", ""))
        if told := re.fullmatch(r"[\^~=v]?(\d+)(\.[\dx*]+)*", engine.strip()):
            yield "Node", told[1], _line(tree, name, '"node"')
    for name in tree.named("composer.json"):
        asked = str(table(parsed(tree.text(name)), "require").get("php"))
        if told := re.fullmatch(r"[\^~]([57])\.\d(\.\d+)?", asked):
            yield "PHP", "7.4" if told[1] == "7" else "5.6", _line(tree, name, '"php"')


def _locked(tree: Tree) -> Iterator[Asked]:
    for name, (pattern, what) in _LOCKED.items():
        if name in tree.names and (told := pattern.search(tree.text(name))):
            line = tree.text(name).count("\n", 0, told.start(1)) + 1
            yield what, told[1], Spot(name, line, f"{what} {told[1]}")


def _image(image: str, where: Spot) -> Iterator[Asked]:
    name, _, tag = image.partition("@")[0].rpartition(":")
    last = re.sub(r"^(docker\.io/)?(library/)?", "", name)
    told = re.match(r"\d+(\.\d+)*", tag)
    if last in _IMAGES and told:
        yield _IMAGES[last], told[0], where
    if "/" not in last and (system := ends.codename(tag)):
        yield (*system, where)
    if "/" not in last and (alpine := re.search(r"alpine(\d+\.\d+)", tag)):
        yield "Alpine", alpine[1], where


def _line(tree: Tree, name: str, word: str) -> Spot:
    lines = tree.text(name).splitlines()
    at = next((number for number, line in enumerate(lines, 1) if word in line), 1)
    return Spot(name, at, lines[at - 1].strip() if lines else "")
