"""The schema that editors get says the same as the models."""

import jsonschema
import pytest
import yaml

from seawall import config
from seawall.errors import ConfigError

VALIDATOR = jsonschema.Draft7Validator(config.schema())


def accepted(text: str) -> bool:
    try:
        config.parse(text)
    except ConfigError:
        return False
    return True


def test_the_schema_is_one() -> None:
    jsonschema.Draft7Validator.check_schema(config.schema())
    assert "prefixItems" not in str(config.schema())


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "servers: { web1: { host: local, port: 22 } }",
        "people: { dana: { keys: ['github:dana'], admin: true } }",
        "firewall: { open: [443, 51820/udp, { port: 5432, from: [10.0.0.0/8] }] }",
        "x-mine: [1]",
        "ssh: { prot: 1 }",
        "ssh: { port: 70000 }",
        "firewall: { open: [70000] }",
        "firewall: { open: [{ prt: 1 }] }",
        "updates: { reboot: soon }",
        "baseline: { swap: 2GB }",
        "people: { dana: { keys: 1 } }",
        "sevrers: {}",
    ],
)
def test_it_accepts_what_seawall_accepts(text: str) -> None:
    assert VALIDATOR.is_valid(yaml.safe_load(text)) == accepted(text)


def test_every_setting_is_explained_in_the_schema() -> None:
    schema = config.schema()
    models = [schema, *schema["definitions"].values()]
    models += [
        section["anyOf"][0] for section in schema["properties"].values() if "anyOf" in section
    ]
    for model in models:
        for name, setting in model.get("properties", {}).items():
            assert setting.get("description"), name


def test_the_examples_of_the_schema_are_right() -> None:
    for name, section in config.schema()["properties"].items():
        for example in section["examples"]:
            config.parse(yaml.safe_dump({name: example}))
