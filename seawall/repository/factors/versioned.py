"""What must be in version control so that somebody else can bring the app back, and what must not.

A server can be rebuilt from a repository that has everything: how the app starts, how its tables
came to be, and a machine that tries it at each change.
"""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import ClassVar

from seawall.kit import Feature, Finding, Look, Room, check
from seawall.repository.factors.names import develops
from seawall.repository.spots import Spot, code, finding
from seawall.repository.tree import Tree, is_product

_CI = re.compile(
    r"(\.github|\.forgejo|\.gitea)/workflows/[^/]+\.ya?ml|\.gitlab-ci\.yml|\.circleci/config\.yml"
    r"|bitbucket-pipelines\.yml|Jenkinsfile|azure-pipelines\.yml|\.travis\.yml|\.drone\.yml|\.ci/.+"
    r"|\.woodpecker(\.ya?ml|/.+)|\.buildkite/.+|\.builds?(\.yml|/.+\.yml)|cloudbuild\.ya?ml"
    r"|\.semaphore/.+|appveyor\.yml|\.cirrus\.yml|buildspec\.ya?ml|\.teamcity/.+|Earthfile|\.tekton/.+"
)
_STARTS = re.compile(
    r"(.*/)?((docker|container)file([.-].*)?|.*\.dockerfile|procfile|seawall\.yml|(docker-)?compose.*\.ya?ml"
    r"|.*\.service|app\.ya?ml|fly\.toml|render\.yaml|vercel\.json|netlify\.toml|ecosystem\.config\.c?js"
    r"|supervisord?\.conf|uwsgi\.ini|gunicorn.*\.py|(start|run|serve|entrypoint)[\w-]*\.sh|chart\.yaml|nixpacks\.toml"
    r"|makefile|justfile|config/deploy\.yml|serverless\.ya?ml|.*\.cabal|package\.json|captain-definition|deploy.*)",
    re.I,
)
_MODEL = re.compile(r"(?m)^class\s+\w+\((?:.*\b)?models\.Model\b")
_MOST_BYTES = 256 << 20
_DATABASES = (".sqlite3", ".sqlite", ".db")
_IGNORED = re.compile(
    r"^\s*/?(\*\*?/|[\w-]+/)*migrations/?(\*.*)?\s*$|^\s*\*\*?/migrations/\S*\s*$"
)
_INSTALLED = re.compile(r"(.*?(?:^|/)(?:node_modules|bower_components|\.venv|site-packages))/")
_PEOPLE = re.compile(r"(?i)user|account|customer|member|order|session|person|people|contact")
_TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE 'CREATE TABLE%'"


class Versioned(Feature):
    section: ClassVar[str] = "versioned"
    room: ClassVar[Room] = "stability"

    @check("Every change is tried by a machine", severity="should")
    def ci(self, look: Look) -> Iterator[Finding]:
        """What is tried only on one laptop works only there. A machine that builds and tests each
        change finds the forgotten file before your users do."""
        tree: Tree = look.fact("tree")
        if tree.in_git and look.fact("deployed") and not any(map(_CI.fullmatch, tree.names)):
            fix = "add a workflow that installs the app and runs its tests"
            yield Finding("no machine tries what is committed", "no workflow of any CI", fix)

    @check("How the app starts is written down", severity="should")
    def start(self, look: Look) -> Iterator[Finding]:
        """When the one who knows the command is on holiday, the app stays down."""
        tree: Tree = look.fact("tree")
        app = look.fact("app")
        named = app and app.process and not app.process.startswith("./")
        if named and not any(map(_STARTS.fullmatch, tree.names)):
            fix = "seawall init writes it into seawall.yml"
            yield Finding("nothing here says how the app is started", app.why, fix)

    @check("The tables' history is in version control", severity="should")
    def migrations(self, look: Look) -> Iterator[Finding]:
        """Migrations are how tables came to be. Where they are made on the server, or ignored, no
        two databases are alike, and a release cannot change them safely."""
        tree: Tree = look.fact("tree")
        fix = "python manage.py makemigrations, and commit what it writes"
        yield from finding("models without migrations", _without(tree), fix)
        for name in (".gitignore",):
            for number, line in enumerate(tree.text(name).splitlines(), 1):
                if _IGNORED.match(line) and tree.has("manage.py"):
                    where = [Spot(name, number, line)]
                    yield from finding("git ignores the migrations", where, "remove that line")

    @check("No installed packages are in git", severity="should")
    def no_installed_packages(self, look: Look) -> Iterator[Finding]:
        """They belong to one system and one moment; the lock file says the same in a thousandth of
        the size, and a fix in a package is then a fix."""
        tree: Tree = look.fact("tree")
        heads: dict[str, str] = {}
        for name in sorted(tree.tracked):
            found = _INSTALLED.match(name)
            if found and is_product(f"{found[1].rpartition('/')[0]}/x"):
                heads.setdefault(found[1], name)
        for folder in list(heads)[:3]:
            fix = f"git rm -r --cached {folder}, and ignore it"
            yield Finding("installed packages are in git", folder, fix)

    @check("No database is in git", severity="should")
    def no_database(self, look: Look) -> Iterator[Finding]:
        """A database in git is a copy of your users' records on every laptop, and a merge conflict
        that nobody can solve."""
        tree: Tree = look.fact("tree")
        for name in tree.product:
            known = name.endswith(_DATABASES) and name in tree.tracked and not develops(name)
            if known and (rows := _people(tree, name)):
                fix = f"git rm --cached {name}, ignore it, and keep it where it is saved"
                yield Finding("a database with people's records is in git", f"{name}\n{rows}", fix)


def _without(tree: Tree) -> Iterator[Spot]:
    """Django apps with models of their own and no migrations."""
    if not any(name.rpartition("/")[2] == "manage.py" for name in tree.product):
        return
    settings = [name for name in tree.named("*.py") if "settings" in name]
    if any("MIGRATION_MODULES" in tree.text(name) for name in settings):
        return
    every = set(tree.names)
    for name in tree.named("models.py"):
        folder = name.removesuffix("models.py")
        beside = any(each.startswith(f"{folder}migrations/") for each in every)
        text = code(tree, name)
        real = [m for m in _MODEL.finditer(text) if not _abstract(text[m.start() :])]
        if real and not beside and f"{folder}__init__.py" in every:
            yield Spot(name, text.count("\n", 0, real[0].start()) + 1, real[0][0])


def _abstract(text: str) -> bool:
    body = re.split(r"(?m)^(?=\S)", text.partition("\n")[2])[0]
    return bool(re.search(r"abstract\s*=\s*True|managed\s*=\s*False", body))


def _people(tree: Tree, name: str) -> str:
    """A table of people that has rows; nothing when there is none, or this is no database."""
    path = tree.top / name
    if path.is_symlink() or not path.is_file() or path.stat().st_size > _MOST_BYTES:
        return ""
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True)) as opened:
            opened.execute("PRAGMA trusted_schema = OFF")
            kinds = (
                "SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE 'CREATE TABLE%'"
            )
            for (table,) in opened.execute(kinds).fetchall():
                quoted = str(table).replace('"', '""')
                asked = f'SELECT count(*) FROM (SELECT 1 FROM "{quoted}" LIMIT 1000)'  # noqa: S608
                if _PEOPLE.search(str(table)) and (rows := opened.execute(asked).fetchone()[0]):
                    return f"its table {table} has {count(rows)}"
    except sqlite3.Error:
        return ""
    return ""


def count(rows: int) -> str:
    """How many rows, as far as they were counted."""
    return "1000 rows or more" if rows >= 1000 else f"{rows} row{'s' * (rows != 1)}"
