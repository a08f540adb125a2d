"""What the docstrings of settings say, for the schema, the reference and `seawall explain`.

They are read from the source when somebody wants them: reading them whenever a model is made
costs every command more than its login.
"""

import ast
import inspect
import sys
from collections.abc import Iterator
from functools import cache
from itertools import pairwise

from pydantic import BaseModel

from seawall.kit.feature import Section


def documented() -> None:
    """Let every section know what the docstrings of its fields say."""
    for model in _below(Section):
        told = _inherited(model)
        for name, field in model.model_fields.items():
            field.description = field.description or told.get(name)
    for model in _below(Section):
        model.model_rebuild(force=True)


def _inherited(model: type[BaseModel]) -> dict[str, str]:
    """The docstrings of its own fields, and of those it has from other sections."""
    sections = [each for each in reversed(model.__mro__) if issubclass(each, Section)]
    return {name: told for each in sections for name, told in _told(each).items()}


@cache
def _below(model: type[BaseModel]) -> tuple[type[BaseModel], ...]:
    return tuple(each for child in model.__subclasses__() for each in (child, *_below(child)))


def _told(model: type[BaseModel]) -> dict[str, str]:
    """The docstring of each field that a class declares itself."""
    nodes = ast.walk(_source(model.__module__))
    classes = (node for node in nodes if isinstance(node, ast.ClassDef))
    body = next((node.body for node in classes if node.name == model.__name__), [])
    return dict(_docstrings(body))


@cache
def _source(module: str) -> ast.Module:
    return ast.parse(inspect.getsource(sys.modules[module]))


def _docstrings(body: list[ast.stmt]) -> Iterator[tuple[str, str]]:
    for node, below in pairwise(body):
        match node, below:
            case (
                ast.AnnAssign(target=ast.Name(id=name)),
                ast.Expr(value=ast.Constant(value=str(told))),
            ):
                yield name, inspect.cleandoc(told)
