"""Requests held against botocore's model of a service, more strictly than botocore does itself:
unknown fields, enumerations, patterns and lengths, too.
"""

import re
from collections.abc import Iterator
from typing import Any


def refused(shape: Any, value: Any, where: str = "") -> Iterator[str]:
    """Everything that the model does not allow."""
    yield from KINDS.get(shape.type_name, _anything)(shape, value, where)


def _anything(shape: Any, value: Any, where: str) -> Iterator[str]:
    yield from ()


def _list(shape: Any, value: Any, where: str) -> Iterator[str]:
    yield from _length(shape, value, where)
    for at, each in enumerate(value):
        yield from refused(shape.member, each, f"{where}[{at}]")


def _map(shape: Any, value: Any, where: str) -> Iterator[str]:
    for key, each in value.items():
        yield from refused(shape.key, key, f"{where}.{key}")
        yield from refused(shape.value, each, f"{where}.{key}")


def _number(shape: Any, value: Any, where: str) -> Iterator[str]:
    low, high = shape.metadata.get("min", value), shape.metadata.get("max", value)
    if not isinstance(value, int) or not low <= value <= high:
        yield f"{where}: {value} is not within {low} and {high}"


def _switch(shape: Any, value: Any, where: str) -> Iterator[str]:
    if not isinstance(value, bool):
        yield f"{where}: {value} is not a boolean"


def _structure(shape: Any, value: Any, where: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{where}: {type(value).__name__} is no structure"
        return
    for name in set(shape.required_members) - value.keys():
        yield f"{where}.{name} is missing"
    for name, each in value.items():
        if name not in shape.members:
            yield f"{where}.{name} is unknown"
        else:
            yield from refused(shape.members[name], each, f"{where}.{name}")


def _text(shape: Any, value: Any, where: str) -> Iterator[str]:
    if not isinstance(value, str):
        yield f"{where}: {value!r} is no text"
        return
    yield from _length(shape, value, where)
    if shape.enum and value not in shape.enum:
        yield f"{where}: {value} is none of {shape.enum}"
    pattern = shape.metadata.get("pattern")
    if pattern and not re.search(pattern.replace("\\p{all}", "\\s\\S"), value):
        yield f"{where}: {value} does not match {pattern}"


def _length(shape: Any, value: Any, where: str) -> Iterator[str]:
    low, high = shape.metadata.get("min", 0), shape.metadata.get("max", len(value))
    if not low <= len(value) <= high:
        yield f"{where}: {len(value)} long, not within {low} and {high}"


KINDS = {
    "structure": _structure,
    "list": _list,
    "map": _map,
    "string": _text,
    "integer": _number,
    "long": _number,
    "boolean": _switch,
}
