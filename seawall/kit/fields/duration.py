"""Periods as people write them: 30m, 6h, 1d, weekly."""

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from seawall.kit.fields.fault import wrong

UNITS = {"m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
WORDS = {"hourly": "1h", "daily": "1d", "weekly": "1w", "monthly": "30d"}
_PATTERN = r"^([1-9]\d{0,4}[mhdw]|hourly|daily|weekly|monthly)$"


def _period(value: Any) -> str:
    if not isinstance(value, str) or not re.fullmatch(_PATTERN, value):
        raise wrong("should be a time between two runs", "such as 30m, 6h, 1d or weekly")
    return value


Period = Annotated[
    str, BeforeValidator(_period, json_schema_input_type=Annotated[str, Field(pattern=_PATTERN)])
]


def seconds(period: str) -> int:
    """How long a period is."""
    written = WORDS.get(period, period)
    return int(written[:-1]) * UNITS[written[-1]]
