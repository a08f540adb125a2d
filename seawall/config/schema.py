"""The JSON Schema of seawall.yml."""

from typing import Any


def schema() -> dict[str, Any]:
    return {}
