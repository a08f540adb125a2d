"""What pydantic complains about, in the words of seawall.yml."""

from collections.abc import Iterable, Iterator
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from seawall.config.problem import Path, escaped, shown, where
from seawall.kit.fields import Fault, closest

_KINDS = {
    "string_type": "should be text",
    "bool_type": "should be true or false",
    "int_type": "should be a whole number",
    "list_type": "should be a list",
    "dict_type": "should be a mapping of settings",
    "model_type": "should be a mapping of settings",
    "model_attributes_type": "should be a mapping of settings",
}


def faults_of(
    error: ValidationError, model: type[BaseModel], document: Any
) -> Iterator[tuple[Path, str, str]]:
    """Path below the model, problem and hint of everything that is wrong."""
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
            return [Fault("", _suggestion(detail["loc"], model), shown=False)]
        case "literal_error":
            return [Fault(f"should be {detail['ctx']['expected'].replace(chr(39), '')}")]
    words = _KINDS.get(detail["type"], detail["msg"][:1].lower() + detail["msg"][1:])
    return [Fault(words, _list_hint(detail))]


def _list_hint(detail: Any) -> str:
    wants_list = detail["type"] == "list_type" and isinstance(detail["input"], str | int)
    return "put it in brackets: [ ]" if wants_list else ""


def _suggestion(path: Path, model: type[BaseModel]) -> str:
    return closest(str(path[-1]), settings(model_at(model, path[:-1])))


def unknown(path: Path, close: str) -> str:
    """The words for a setting that does not exist, and the one that was probably meant."""
    meant = f" (did you mean {where((*path[:-1], close))}?)" if close else ""
    return f"unknown setting {where(path)}{meant}"


def settings(model: type[BaseModel] | None) -> list[str]:
    """The keys of a model as they are written in seawall.yml."""
    fields = model.model_fields if model else {}
    return [field.alias or name for name, field in fields.items()]


def model_at(model: type[BaseModel], path: Path) -> type[BaseModel] | None:
    """The model whose settings stand at a path."""
    found: type[BaseModel] | None = model
    for part in path:
        fields = found.model_fields if found else {}
        by_key = {field.alias or name: field.annotation for name, field in fields.items()}
        found = _model_in(by_key[part]) if part in by_key else found
    return found


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    found = (_model_in(inner) for inner in get_args(annotation))
    return next((model for model in found if model), None)


def _existing(path: Path, document: Any) -> Path:
    """The part of pydantic's path that the document has; the rest is pydantic's own affair."""
    for length, part in enumerate(path):
        document = _inside(document, part)
        if document is _NOTHING:
            return path[:length]
    return path


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


__all__ = ["escaped", "faults_of", "settings", "unknown"]
