"""What holds the house up: who may import whom, how long things may be, and that every check and
every command says what it must.
"""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from test_contract import SABOTAGES

from seawall import __version__
from seawall.cli import cli
from seawall.clouds.audit import Audit
from seawall.features import FEATURES
from seawall.repository.factors.factors_test import CHECKS as SAMPLED
from seawall.repository.topics import TOPICS

ROOT = Path(__file__).parent.parent
SOURCES = sorted(path for path in (ROOT / "seawall").rglob("*.py") if "_test" not in path.name)
AGENT = [path for path in SOURCES if "agent" in path.parts]
OTHERS = [path for path in SOURCES if path not in AGENT]
VERBS = [path for path in SOURCES if path.parent.name == "commands" and path.stem in cli.commands]
LEVELS = (
    ("__main__",),
    ("cli",),
    ("commands",),
    ("report", "engine"),
    ("config",),
    ("features", "repository", "lab", "clouds"),
    ("outside", "secrets"),
    ("kit",),
    ("server",),
    ("errors", "early", "known"),
)
"""Each imports what stands below it, never what stands above or beside it."""
SHOWN = (
    "seawall.agent.steps",
    "seawall.agent.probes",
    "seawall.agent.apps.texts",
    "seawall.agent.monitor.rules",
)
"""What the agent shows of itself: to those who describe steps, to those who read facts, and to
those who want to read beforehand what a deploy will write."""
LIGHT = {
    "seawall.commands",
    "seawall.commands.beside",
    "seawall.commands.pruning_verbs",
    "seawall.commands.reading_verbs",
    "seawall.commands.recovery_verbs",
    "seawall.commands.secret_readers",
    "seawall.commands.servers",
    "seawall.errors",
    "seawall.lab",
    "seawall.report.documents",
    "seawall.report.screen",
}
"""What a verb may import before it runs: none of these reads a model or a YAML file."""
FILE, FUNCTION, PARAMETERS = 250, 30, 4


def module_of(path: Path) -> str:
    """The dotted name of a file."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


def level(module: str) -> int:
    """How high a module stands; the ground is 0."""
    room = module.split(".")[1]
    return next(-at for at, rooms in enumerate(LEVELS) if room in rooms)


def imports(tree: ast.AST, module: str, path: Path) -> Iterator[str]:
    """Every module that this code imports, relative ones in full."""
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1]
            origin = ".".join([*(above if node.level else []), *filter(None, [node.module])])
            yield from (_meant(origin, alias.name) for alias in node.names)


def _meant(origin: str, name: str) -> str:
    """`from a import b`: the module a.b where there is one, otherwise a."""
    inner = ROOT.joinpath(*origin.split("."), name)
    is_module = inner.with_suffix(".py").exists() or (inner / "__init__.py").exists()
    return f"{origin}.{name}" if is_module else origin


def parsed(path: Path) -> ast.Module:
    """A file's code, without what only a type checker reads."""
    tree = ast.parse(path.read_text(), str(path))
    typing = [node for node in tree.body if isinstance(node, ast.If) and _only_types(node)]
    return ast.Module([node for node in tree.body if node not in typing], [])


def _only_types(node: ast.If) -> bool:
    return isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def ours(path: Path, tree: ast.AST) -> list[str]:
    """The modules of Seawall that this code imports, but for the package's version."""
    found = imports(tree, module_of(path), path)
    return [name for name in found if name.startswith("seawall.")]


def room(module: str) -> str:
    return module.split(".")[1]


def named(path: Path) -> str:
    """How a case is called in a test's name."""
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", OTHERS, ids=named)
def test_imports_go_down(path: Path) -> None:
    module = module_of(path)
    for name in ours(path, parsed(path)):
        if room(name) == "agent":
            assert name.startswith(SHOWN), f"{module} uses the agent's insides: {name}"
        elif module != "seawall" and room(name) != room(module):
            assert level(name) < level(module), f"{module} imports {name}"


def test_features_do_not_know_each_other() -> None:
    features = {feature.__module__ for feature in FEATURES}
    for path in SOURCES:
        module = module_of(path)
        if module.startswith("seawall.features."):
            found = features & set(ours(path, parsed(path)))
            assert not found, f"{module} imports {found}"


@pytest.mark.parametrize("path", AGENT, ids=named)
def test_the_agent_runs_anywhere(path: Path) -> None:
    tree = ast.parse(path.read_text(), str(path), feature_version=(3, 9))
    for name in imports(tree, module_of(path), path):
        inside = name.startswith("seawall.agent")
        assert inside or name.split(".")[0] in sys.stdlib_module_names, name
    later = "from __future__ import annotations" in path.read_text()
    assert later or len(tree.body) == 1, "Python 3.9 would evaluate the annotations"


def test_every_verb_has_a_file() -> None:
    assert {path.stem for path in VERBS} == set(cli.commands)


@pytest.mark.parametrize("path", VERBS, ids=named)
def test_a_verb_imports_its_work_when_it_runs(path: Path) -> None:
    start = [node for node in parsed(path).body if isinstance(node, ast.Import | ast.ImportFrom)]
    for name in imports(ast.Module(start, []), module_of(path), path):
        known = name in LIGHT or name.split(".")[0] in {"click", *sys.stdlib_module_names}
        assert known, f"{name}, at the top"


@pytest.mark.parametrize("path", SOURCES, ids=named)
def test_everything_is_short_and_says_what_it_is(path: Path) -> None:
    text = path.read_text()
    tree = ast.parse(text)
    assert len(text.splitlines()) <= FILE
    assert not text or ast.get_docstring(tree), "what does this module promise?"
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            lines = (node.end_lineno or 0) - node.lineno + 1
            assert lines <= FUNCTION, f"{node.name}: {lines} lines"
            count = len(_parameters(node))
            assert count <= PARAMETERS or path in VERBS, f"{node.name}: {count} parameters"


def _parameters(function: ast.FunctionDef) -> list[str]:
    """The positional ones; a verb is passed all its options, so it may have more."""
    given = [each.arg for each in (*function.args.posonlyargs, *function.args.args)]
    return [name for name in given if name not in ("self", "cls")]


def test_every_check_says_why_and_was_seen_to_fail() -> None:
    checks = [check for feature in (*FEATURES, Audit, *TOPICS) for check in feature.checks()]
    assert len({check.id for check in checks}) == len(checks)
    for check in checks:
        assert check.why, f"{check.id}: the docstring says why it matters"
        known = check.id in SABOTAGES or check.id in SAMPLED
        assert known or check.id.startswith(("repository.", "account.", "committed.")), check.id


def commands(command: click.Command, *names: str) -> Iterator[tuple[str, ...]]:
    """Every command there is, as one would type it."""
    yield names
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner is not None
            yield from commands(inner, *names, name)


@pytest.mark.parametrize("names", list(commands(cli)), ids=" ".join)
def test_every_command_explains_its_exit_codes(names: tuple[str, ...]) -> None:
    command, context = cli, click.Context(cli)
    for name in names:
        command = command.get_command(context, name)
        context = click.Context(command, parent=context)
    told = command.get_help(context)
    assert "Examples:" in told
    assert re.search(r"Exit codes:\n  0    \w", told)


def test_the_changelog_begins_with_this_version() -> None:
    first = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert first and first[1] == __version__


def test_no_two_files_of_tests_share_a_server() -> None:
    """Each begins with a bare one, whatever ran before it on the same worker."""
    booted: dict[str, set[str]] = {}
    for path in (ROOT / "tests").rglob("test_*.py"):
        for name in re.findall(r'\bboot\("([^"]+)"', path.read_text()):
            booted.setdefault(name, set()).add(path.name)
    shared = {name: files for name, files in booted.items() if len(files) > 1}
    assert not shared
    assert len(booted) > 20
