"""Google's discovery documents as judges of requests and answers."""

import importlib.util
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

VERSIONS = {
    "compute": "v1",
    "storage": "v1",
    "monitoring": "v3",
    "sqladmin": "v1",
    "billingbudgets": "v1",
    "cloudasset": "v1",
    "cloudbilling": "v1",
    "iam": "v1",
    "cloudresourcemanager": "v3",
}
REFUSED = {"fields", "filter", "orderBy"}
"""Parameters that narrow an answer: the stand-in does not know how, so nobody may rely on them."""
LOOKS = ("get", "list", "testIamPermissions", "aggregatedList", "wait", "search")
"""How methods begin that change nothing."""
KINDS: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "boolean": (bool,),
    "number": (int, float),
    "integer": (int,),
    "object": (dict,),
    "array": (list,),
    "any": (object,),
}
FORMATS = {
    "int64": r"-?\d+",
    "uint64": r"\d+",
    "google-duration": r"\d+(\.\d{1,9})?s",
    "google-fieldmask": r"[\w.,*]+",
    "google-datetime": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)",
    "date-time": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)",
}


class Invalid(Exception):
    """A request that Google's description of the API does not allow: one fault a line."""


@dataclass(frozen=True)
class Call:
    """One request, understood: which method of which API, with what."""

    id: str
    verb: str
    params: dict[str, Any]
    body: Any = None
    method: dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def mutates(self) -> bool:
        """False for what only looks."""
        last = self.id.rpartition(".")[2]
        looks = last.startswith(LOOKS)
        return self.verb != "GET" and not looks


class Document:
    """One API."""

    def __init__(self, api: str) -> None:
        found = importlib.util.find_spec("googleapiclient")
        assert found and found.submodule_search_locations
        top = Path(found.submodule_search_locations[0], "discovery_cache/documents")
        self.text = json.loads((top / f"{api}.{VERSIONS[api]}.json").read_text())
        self.schemas: dict[str, Any] = self.text["schemas"]
        self.methods = [(_pattern(self.text, each), each) for each in _methods(self.text)]

    def understand(self, verb: str, path: str, query: dict[str, list[str]], body: Any) -> Call:
        """The method that this request calls; Invalid when there is none, or it is called wrong."""
        path = unquote(path.lstrip("/"))
        for pattern, method in self.methods:
            match = pattern.fullmatch(path)
            if method["httpMethod"] == verb and match and _fits(method, match.groupdict()):
                return self._judged(method, match.groupdict(), query, body)
        raise Invalid(f"no method is called by {verb} {path}")

    def _judged(
        self, method: dict[str, Any], inside: dict[str, str], query: dict[str, list[str]], body: Any
    ) -> Call:
        params = dict(self._parameters(method, inside, query))
        faults = []
        if "request" in method:
            faults += list(self.faults(method["request"], body, "body", method["id"]))
        elif body not in (None, {}):
            faults.append("a body was sent where none is expected")
        if faults:
            raise Invalid("\n".join(f"{method['id']}: {fault}" for fault in faults))
        return Call(method["id"], method["httpMethod"], params, body, method)

    def _parameters(
        self, method: dict[str, Any], inside: dict[str, str], query: dict[str, list[str]]
    ) -> Iterator[tuple[str, Any]]:
        known = {**self.text.get("parameters", {}), **method.get("parameters", {})}
        given = {**{name: [value] for name, value in inside.items()}, **query}
        for name, values in given.items():
            if name not in known or name in REFUSED:
                raise Invalid(f"{method['id']}: unknown parameter {name}")
            if len(values) > 1 and not known[name].get("repeated"):
                raise Invalid(f"{method['id']}: {name} was given {len(values)} times")
            for value in values:
                _judge_parameter(method["id"], name, known[name], value)
            yield name, values if known[name].get("repeated") else values[0]
        for name, told in method.get("parameters", {}).items():
            if told.get("required") and name not in given:
                raise Invalid(f"{method['id']}: {name} is required")

    def faults(self, schema: dict[str, Any], value: Any, at: str, sent: str) -> Iterator[str]:
        """What is wrong with a value; `sent` is the method it is sent to, "" for an answer."""
        if "$ref" in schema:
            schema = self.schemas[schema["$ref"]]
        kind = schema.get("type", "any")
        wrong = isinstance(value, bool) and kind in ("number", "integer")
        if wrong or not isinstance(value, KINDS[kind]):
            yield f"{at}: should be {kind}, got {value!r}"
        elif kind == "object":
            yield from self._object(schema, value, at, sent)
        elif kind == "array":
            for number, item in enumerate(value):
                yield from self.faults(schema["items"], item, f"{at}[{number}]", sent)
        else:
            yield from _scalar(schema, value, at)

    def _object(
        self, schema: dict[str, Any], value: dict[str, Any], at: str, sent: str
    ) -> Iterator[str]:
        known, others = schema.get("properties", {}), schema.get("additionalProperties")
        for key, inner in value.items():
            told = known.get(key, others)
            if told is None:
                yield f'Unknown name "{key}" at {at}: cannot find field'
                continue
            if sent and _only_google_writes(told):
                yield f"{at}.{key}: only Google writes this field"
            yield from self.faults(told, inner, f"{at}.{key}", sent)
        for key, told in known.items():
            if sent in told.get("annotations", {}).get("required", ()) and key not in value:
                yield f"{at}.{key} is required"


def _only_google_writes(told: dict[str, Any]) -> bool:
    return bool(told.get("readOnly")) or told.get("description", "").startswith("[Output Only]")


def _scalar(schema: dict[str, Any], value: Any, at: str) -> Iterator[str]:
    if "enum" in schema and value not in schema["enum"]:
        yield f"{at}: {value!r} is none of {', '.join(schema['enum'])}"
    if "pattern" in schema and not re.fullmatch(schema["pattern"], str(value)):
        yield f"{at}: {value!r} does not match {schema['pattern']}"
    form = FORMATS.get(schema.get("format", ""))
    if form and not re.fullmatch(form, str(value)):
        yield f"{at}: {value!r} is no {schema['format']}"


def _judge_parameter(method: str, name: str, told: dict[str, Any], value: str) -> None:
    numeric = told.get("type") == "integer" and not re.fullmatch(r"-?\d+", value)
    if numeric or (told.get("type") == "boolean" and value not in ("true", "false")):
        raise Invalid(f"{method}: {name} should be {told['type']}, got {value}")
    for fault in _scalar(told, value, name):
        raise Invalid(f"{method}: {fault}")


def _methods(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from node.get("methods", {}).values()
    for inner in node.get("resources", {}).values():
        yield from _methods(inner)


def _pattern(text: dict[str, Any], method: dict[str, Any]) -> re.Pattern[str]:
    template = re.split(r"(\{\+?\w+\})", text["servicePath"] + method["path"])
    return re.compile("".join(map(_part, template)))


def _part(part: str) -> str:
    if not part.startswith("{"):
        return re.escape(part)
    name = part.strip("{+}")
    return f"(?P<{name}>.+)" if part.startswith("{+") else f"(?P<{name}>[^/]+)"


def _fits(method: dict[str, Any], inside: dict[str, str]) -> bool:
    patterns = ((method["parameters"][name].get("pattern", ".*"), v) for name, v in inside.items())
    return all(re.fullmatch(pattern, value, re.DOTALL) for pattern, value in patterns)


@cache
def document(api: str) -> Document:
    """One API's, read once."""
    return Document(api)
