"""What pydantic complains about, in the words of seawall.yml."""

from collections.abc import Iterable, Iterator
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from seawall.config.problem import Path, shown, where
from seawall.kit.fields import Fault, closest

_KINDS = {
    "string_type": "should be text",
    "bool_type": "should be true or false",
    "int_type": "should be a whole number",
    "list_type": "should be a list",
    "dict_type": "should be names, each with its settings",
    "int_parsing": "should be a whole number",
    "float_parsing": "should be a number",
    "float_type": "should be a number",
    "greater_than_equal": "should be at least {ge}",
    "greater_than": "should be more than {gt}",
    "less_than_equal": "should be at most {le}",
    "string_too_short": "should not be empty",
    "string_pattern_mismatch": "has characters that do not belong there",
}


def faults_of(
    error: ValidationError, model: type[BaseModel], document: Any
) -> Iterator[tuple[Path, str, str]]:
    """Path below the model, problem and hint of everything that is wrong.

    A setting that does not exist has no words yet, and the known ones for a hint.
    """
    for detail in error.errors(include_url=False):
        place = _existing(detail["loc"], document)
        for fault in _faults(detail, model):
            path = (*place, *fault.at)
            yield path, fault.problem + _got(fault, _at(path, document)), fault.hint


def _faults(detail: Any, model: type[BaseModel]) -> Iterable[Fault]:
    match detail["type"]:
        case "faults":
            return tuple(detail["ctx"]["faults"])
        case "missing":
            return [Fault(f"{detail['loc'][-1]} is missing", shown=False)]
        case "extra_forbidden":
            known = settings(model_at(model, detail["loc"][:-1]))
            return [Fault("", " ".join(known), shown=False)]
        case "literal_error":
            return [Fault(f"should be {detail['ctx']['expected'].replace(chr(39), '')}")]
    if detail["type"] in ("model_type", "model_attributes_type"):
        first = settings(model_at(model, detail["loc"]))[0]
        return [Fault(f"should be settings such as {{ {first}: … }}")]
    words = _KINDS.get(detail["type"], detail["msg"][:1].lower() + detail["msg"][1:])
    return [Fault(words.format(**detail.get("ctx", {})), _list_hint(detail))]


def _list_hint(detail: Any) -> str:
    wants_list = detail["type"] == "list_type" and isinstance(detail["input"], str | int)
    return f"put it in brackets: [{shown(detail['input'])}]" if wants_list else ""


def unknown(path: Path, known: list[str]) -> tuple[str, str]:
    """Problem and hint for a setting that does not exist, with the one that was meant."""
    problem = f"unknown setting {where(path)}"
    if close := closest(str(path[-1]), known):
        return f"{problem} (did you mean {where((*path[:-1], close))}?)", ""
    return problem, _ELSEWHERE.get((path[0], path[-1])) or f"known are {', '.join(known)}"


_ELSEWHERE: dict[Any, str] = {
    ("servers", "user"): "write it in front of the host: user@203.0.113.10",
    ("servers", "password"): "there are no passwords here: log in with a key",
    ("people", "password"): "there are no passwords here: people log in with keys",
}


def settings(model: type[BaseModel] | None) -> list[str]:
    """The keys of a model as they are written in seawall.yml."""
    fields = model.model_fields if model else {}
    return [field.alias or name for name, field in fields.items()]


def model_at(model: type[BaseModel], path: Path) -> type[BaseModel] | None:
    """The model whose settings stand at a path."""
    kind: Any = model
    for part in path:
        kind = _below(_bare(kind), part)
    found = _bare(kind)
    return found if isinstance(found, type) and issubclass(found, BaseModel) else None


def _below(kind: Any, part: str | int) -> Any:
    """The type of what stands under a key or index of a type."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        fields = {field.alias or name: field for name, field in kind.model_fields.items()}
        return fields[str(part)].annotation if part in fields else None
    return get_args(kind)[-1] if get_args(kind) else None


def _bare(kind: Any) -> Any:
    """A type without its annotations, and without that it may be left out."""
    while get_origin(kind) is Annotated:
        kind = get_args(kind)[0]
    if get_origin(kind) in (Union, UnionType) and get_args(kind)[1:] == (NoneType,):
        return _bare(get_args(kind)[0])
    return kind


def _existing(path: Path, document: Any) -> Path:
    """The part of pydantic's path that the document has; the rest is pydantic's own affair."""
    found: Path = ()
    for part in path:
        if part == 0 and not isinstance(document, list):
            continue  # one, written where a list of them is allowed
        document = _inside(document, part)
        if document is _NOTHING:
            return found
        found = (*found, part)
    return found


def _at(path: Path, document: Any) -> Any:
    for part in path:
        document = _inside(document, part)
    return document


_NOTHING = object()


def _inside(document: Any, part: str | int) -> Any:
    if isinstance(document, dict):
        return document.get(part, _NOTHING)
    if isinstance(document, list) and isinstance(part, int) and part < len(document):
        return document[part]
    return _NOTHING


def _got(fault: Fault, value: Any) -> str:
    return f", got {shown(value)}" if fault.shown and value is not _NOTHING else ""
