"""What can be said of a rule in seawall.yml."""

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from seawall.agent.monitor.rules import RULES
from seawall.kit import Section
from seawall.kit.fields import closest, wrong

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_TIME = r"^(0|[1-9]\d{0,4}[smhd])$"
NAMES = {rule.name: rule for rule in RULES}


def _rule(value: Any) -> str:
    if value not in NAMES:
        close = closest(str(value), NAMES)
        hint = f"did you mean {close}?" if close else f"there are: {', '.join(NAMES)}"
        raise wrong("is not a rule", hint)
    return str(value)


def _time(value: Any) -> str:
    if not re.fullmatch(_TIME, str(value)):
        raise wrong("should be how long it has to last", "such as 30s, 5m or 1h; 0 for at once")
    return str(value)


RuleName = Annotated[str, BeforeValidator(_rule, json_schema_input_type=str)]
Lasting = Annotated[
    str, BeforeValidator(_time, json_schema_input_type=Annotated[str, Field(pattern=_TIME)])
]


def seconds(written: str) -> int:
    """How long that is."""
    return 0 if written == "0" else int(written[:-1]) * UNITS[written[-1]]


class Numbers(Section):
    """Your own numbers for a rule; what is not said stays as it is."""

    warning: float | None = None
    """From which value on you are told."""
    critical: float | None = None
    """From which value on you are told that it cannot wait."""
    lasting: Annotated[Lasting | None, Field(alias="for")] = None
    """How long it has to last, such as 30s, 5m or 1h; 0 for at once."""

    @property
    def told(self) -> dict[str, float]:
        """What was said, in the words of the agent."""
        found = {"warning": self.warning, "critical": self.critical}
        said = {name: value for name, value in found.items() if value is not None}
        return {**said, "seconds": float(seconds(self.lasting))} if self.lasting else said


def upside_down(name: str, numbers: Numbers) -> str:
    """Why these numbers make no sense; "" when they do: critical is worse than a warning."""
    rule = NAMES[name].changed(numbers.told)
    if rule.critical is None:
        return ""
    if rule.falling and rule.critical > rule.warning:
        return f"is critical at {rule.critical:g} and warns only below, at {rule.warning:g}"
    if not rule.falling and rule.critical < rule.warning:
        return f"is critical at {rule.critical:g} and warns only above, at {rule.warning:g}"
    return ""
