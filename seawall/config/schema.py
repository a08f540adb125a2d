"""The JSON Schema of seawall.yml, so that editors complete, explain and check it.

Made from the same models that validate the file; draft-07, which every editor reads.
"""

import sys
from typing import Any

from pydantic.json_schema import models_json_schema

from seawall import __version__
from seawall.config.servers import Top
from seawall.features import FEATURES
from seawall.kit import Feature
from seawall.kit.manual import documented

_EXAMPLES: dict[str, Any] = {
    "project": ["acme"],
    "servers": [{"web1": {"host": "203.0.113.10"}}],
    "people": [{"dana": {"keys": ["github:dana"], "admin": True}}],
    "firewall": [{"open": [443, "51820/udp"]}],
    "updates": [{"automatic": True, "reboot": "04:00"}],
    "ssh": [{"port": 22, "settings": {"MaxStartups": "10:30:60"}}],
    "cloud": [{"aws": {"region": "eu-west-1", "snapshots": {"keep": 14}}}],
    "alerts": [
        {
            "email": {"to": "ops@acme.example", "smtp": "smtp://user@smtp.acme.example:587"},
            "slack": {"url": "SLACK_URL"},
            "heartbeat": "https://hc-ping.com/8e1f1c9a",
        }
    ],
    "baseline": [{"swap": "2G", "sysctl": {"vm.swappiness": 10}}],
}


def schema() -> dict[str, Any]:
    """The schema as a document of its own."""
    documented()
    features = [feature for feature in FEATURES if feature.model_fields]
    models = [(model, "validation") for model in (Top, *features)]
    _, made = models_json_schema(models, ref_template="#/definitions/{model}")  # type: ignore[arg-type]
    definitions = made["$defs"]
    sections = dict(definitions.pop(Top.__name__)["properties"])
    for feature in features:
        sections[feature.section] = _section(feature, definitions)
    for name, section in sections.items():
        section["examples"] = _EXAMPLES.get(name, [])
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": f"seawall.yml, Seawall {__version__}",
        "description": "Servers, who may log in, and what protects them.",
        "type": "object",
        "properties": _plain(sections),
        "patternProperties": {"^x-": {"description": "Yours: a place for YAML anchors."}},
        "additionalProperties": False,
        "definitions": _plain(definitions),
    }


def _section(feature: type[Feature], definitions: dict[str, Any]) -> dict[str, Any]:
    """A feature's own schema; one that is a bare mapping, such as people, is that mapping."""
    written = definitions.pop(feature.__name__)
    if feature.section in feature.model_fields:
        written = written["properties"][feature.section]
    manual = (sys.modules[feature.__module__].__doc__ or "").strip()
    allowed = {"anyOf": [{key: written.pop(key) for key in _SHAPE & written.keys()}, _EMPTY]}
    return {**written, **allowed, "title": feature.section, "description": manual}


_SHAPE = {"type", "properties", "additionalProperties", "propertyNames"}
_EMPTY = {"type": "null"}


def _plain(schema: Any) -> Any:
    """Draft-07 ignores what stands beside a $ref, so it is wrapped."""
    if isinstance(schema, list):
        return [_plain(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {key: _plain(value) for key, value in schema.items()}
    if "$ref" in inner and len(inner) > 1:
        inner["allOf"] = [{"$ref": inner.pop("$ref")}]
    return inner
