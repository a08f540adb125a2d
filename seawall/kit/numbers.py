"""What a server measured, as it told it."""

from dataclasses import dataclass
from typing import Any

from seawall.errors import SeawallError


@dataclass(frozen=True)
class Numbers:
    """What one server told; `told` has `values` by series, or `series` over a time."""

    server: str
    told: dict[str, Any]
    error: SeawallError | None = None
