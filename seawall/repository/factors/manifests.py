"""What a project says it needs, and what its lock file says it gets, in each language's files."""

import json
import re
import tomllib
from collections.abc import Iterator
from typing import Any

from seawall.repository.spots import Spot
from seawall.repository.tree import Tree

LOCKS = {
    "package.json": (
        *("package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml"),
        *("bun.lock", "bun.lockb", "deno.lock"),
    ),
    "Gemfile": ("Gemfile.lock",),
    "composer.json": ("composer.lock",),
    "Pipfile": ("Pipfile.lock",),
    "Cargo.toml": ("Cargo.lock",),
    "go.mod": ("go.sum",),
    "mix.exs": ("mix.lock",),
}
"""For each manifest, the lock files that count: one is enough."""
_PYTHON = ("poetry.lock", "uv.lock", "pdm.lock", "pylock.toml")
_LINE = re.compile(r"^([A-Za-z0-9][\w.-]*)(\[[^\]]*\])?\s*(.*)$")


def parsed(text: str, *, toml: bool = False) -> dict[str, Any]:
    """A JSON or TOML document; an empty one when it is none."""
    try:
        found = tomllib.loads(text) if toml else json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def table(document: dict[str, Any], *path: str) -> dict[str, Any]:
    """What lies at this path, when it is a table."""
    for key in path:
        inner = document.get(key)
        document = inner if isinstance(inner, dict) else {}
    return document


def upwards(tree: Tree, name: str, locks: tuple[str, ...]) -> str | None:
    """The lock file beside a manifest, or in a folder above it."""
    folder = name.rpartition("/")[0]
    while True:
        for lock in locks:
            path = f"{folder}/{lock}" if folder else lock
            if tree.has(path):
                return path
        if not folder:
            return None
        folder = folder.rpartition("/")[0]


def unlocked(tree: Tree) -> Iterator[Spot]:
    """Manifests that need something and have no lock file."""
    for manifest, locks in LOCKS.items():
        for name in tree.named(manifest):
            if _built(tree, name) and _needs(tree, name) and not upwards(tree, name, locks):
                yield Spot(name, 1, f"no {locks[0]}")
    yield from _loose(tree)


def _built(tree: Tree, name: str) -> bool:
    """True at the top, and in a folder with a Dockerfile of its own."""
    folder = name.rpartition("/")[0]
    return not folder or f"{folder}/Dockerfile" in tree.names


def _needs(tree: Tree, name: str) -> bool:
    text = tree.text(name)
    last = name.rpartition("/")[2]
    if last == "package.json":
        package = parsed(text)
        return bool(package.get("dependencies")) and bool(table(package, "scripts").get("start"))
    if last == "composer.json":
        return any("/" in each for each in table(parsed(text), "require"))
    if last == "Cargo.toml":
        return tree.has(f"{name.removesuffix('Cargo.toml')}src/main.rs") and "[dependencies" in text
    if last == "go.mod":
        return bool(re.search(r"(?m)^require\b", text))
    return bool(re.search(r"(?m)^\s*(gem\s|[\w-]+\s*=|\{:)", text))


def _loose(tree: Tree) -> Iterator[Spot]:
    """requirements.txt with names that any version fits, where nothing else holds them."""
    name = "requirements.txt"
    if name not in tree.names or any(tree.has(lock) for lock in (*_PYTHON, "Pipfile.lock")):
        return
    if re.search(r"(?m)^\s*-c\s", tree.text(name)):
        return
    for number, line in enumerate(tree.text(name).splitlines(), 1):
        told = _LINE.match(line.split("#")[0].split(";")[0].strip())
        if told and not re.match(r"===?|@|~=|<", told[3]) and "<" not in told[3]:
            yield Spot(name, number, line.strip())


def out_of_step(tree: Tree) -> Iterator[Spot]:
    """What a manifest needs and its lock file does not know."""
    yield from _npm(tree)
    for name in tree.named("Gemfile"):
        lock = tree.text(f"{name}.lock")
        needed = re.compile(r"(?m)^gem\s+[\"']([\w.-]+)[\"']")
        yield from _absent(name, tree.text(name), needed, _gems(lock))
    for name in tree.named("composer.json"):
        yield from _composer(tree, name)
    yield from _python(tree)


def _composer(tree: Tree, name: str) -> Iterator[Spot]:
    lock = parsed(tree.text(f"{name.removesuffix('json')}lock"))
    known = {str(each.get("name")).lower() for each in _listed(lock) if isinstance(each, dict)}
    if known:
        known |= _provided(lock)
        wanted = [each for each in table(parsed(tree.text(name)), "require") if "/" in each]
        yield from _spots(name, tree.text(name), [n for n in wanted if n.lower() not in known])


def _listed(lock: dict[str, Any]) -> list[Any]:
    both = (lock.get("packages"), lock.get("packages-dev"))
    return [each for part in both if isinstance(part, list) for each in part]


def _provided(lock: dict[str, Any]) -> set[str]:
    every = [each for each in _listed(lock) if isinstance(each, dict)]
    return {n.lower() for each in every for key in ("replace", "provide") for n in table(each, key)}


def _npm(tree: Tree) -> Iterator[Spot]:
    for name in tree.named("package.json"):
        lock = parsed(tree.text(f"{name.removesuffix('package.json')}package-lock.json"))
        kept = table(lock, "packages", "")
        if not kept:
            continue
        package = parsed(tree.text(name))
        for part in ("dependencies", "devDependencies"):
            want, have = table(package, part), table(kept, part)
            wrong = [each for each in want if want[each] != have.get(each)]
            yield from _spots(name, tree.text(name), wrong)


def _gems(lock: str) -> set[str]:
    part = re.search(r"(?ms)^DEPENDENCIES\n(.*?)(^\S|\Z)", lock)
    return set(re.findall(r"(?m)^  ([\w.-]+)", part[1])) if part else set()


def _python(tree: Tree) -> Iterator[Spot]:
    for lock in ("poetry.lock", "uv.lock"):
        if lock not in tree.names or "pyproject.toml" not in tree.names:
            continue
        packages = parsed(tree.text(lock), toml=True).get("package")
        if not isinstance(packages, list) or not packages:
            continue
        known = {_normal(str(each.get("name"))) for each in packages if isinstance(each, dict)}
        text = tree.text("pyproject.toml")
        wanted = list(_wanted(parsed(text, toml=True)))
        yield from _spots("pyproject.toml", text, [n for n in wanted if _normal(n) not in known])


def _wanted(project: dict[str, Any]) -> Iterator[str]:
    listed = table(project, "project").get("dependencies")
    for each in listed if isinstance(listed, list) else []:
        if told := _LINE.match(str(each)):
            yield told[1]
    poetry = table(project, "tool", "poetry", "dependencies")
    yield from (name for name, told in poetry.items() if name != "python" and not _optional(told))


def _optional(told: Any) -> bool:
    return isinstance(told, dict) and ("optional" in told or "markers" in told or "path" in told)


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _absent(name: str, text: str, needed: re.Pattern[str], known: set[str]) -> Iterator[Spot]:
    if known:
        wrong = [each for each in needed.findall(text) if each not in known]
        yield from _spots(name, text, wrong)


def _spots(name: str, text: str, wrong: list[str]) -> Iterator[Spot]:
    lines = text.splitlines()
    for each in wrong:
        at = next((n for n, line in enumerate(lines, 1) if each in line), 1)
        yield Spot(name, at, lines[at - 1].strip() if lines else each)
