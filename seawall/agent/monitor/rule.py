"""A rule: from which value on somebody is told, and from which on it is over."""

from __future__ import annotations

SIGNS = {"%": " %", "days": " days", "hours": " hours", "ms": " ms", "periods": " periods"}


class Rule:
    """One thing to be told about. `metric` is what it judges, once for each subject.

    `warning` and `critical` are two thresholds, the second possibly None; a `falling` rule judges
    what is below. `title` takes {subject} and {value}. A `calm` one waits while a maintenance
    window is open; a `digest` one can wait for the week's letter. `beside` names a second metric
    and the most, or for a negative number the least, it may be for the rule to count. `cause` says
    where to look for a reason.
    """

    def __init__(
        self,
        name: str,
        metric: str,
        title: str,
        *,
        warning: float,
        critical: "float | None" = None,
        clear: "tuple[float, float] | None" = None,
        seconds: float = 60.0,
        unit: str = "",
        falling: bool = False,
        calm: bool = False,
        digest: bool = False,
        beside: "tuple[str, float] | None" = None,
        cause: str = "",
        advice: str = "",
        command: str = "",
    ) -> None:
        self.name, self.metric, self.title = name, metric, title
        self.warning, self.critical = warning, critical
        self.clear = clear or (warning, warning if critical is None else critical)
        self.seconds, self.unit, self.falling = seconds, unit, falling
        self.calm, self.digest, self.beside = calm, digest, beside
        self.cause, self.advice, self.command = cause, advice, command

    def beyond(self, value: float, threshold: "float | None") -> bool:
        """True when a value is on the wrong side of a threshold, or on it."""
        if threshold is None:
            return False
        return value <= threshold if self.falling else value >= threshold

    def level(self, value: float) -> int:
        """0, 1 (warning) or 2 (critical), for this value alone."""
        if self.beyond(value, self.critical):
            return 2
        return int(self.beyond(value, self.warning))

    def cleared(self, value: float, level: int) -> bool:
        """True when a value is well enough to come down from this level."""
        behind = self.clear[level - 1]
        limit = self.critical if level == 2 and self.critical is not None else self.warning
        if behind == limit:
            return not self.beyond(value, limit)
        return value > behind if self.falling else value < behind

    def severity(self, level: int) -> str:
        """How urgent it is at this level."""
        if self.digest:
            return "info" if level < 2 else "warning"
        return "critical" if level == 2 else "warning"

    def shown(self, value: float) -> str:
        """A value as people read it."""
        if self.unit in ("hours", "days") and 0 <= value < 1:
            scaled, word = (
                (value * 60, "minutes") if self.unit == "hours" else (value * 24, "hours")
            )
            return f"{scaled:.0f} {word}"
        digits = 0 if abs(value) >= 10 or value == int(value) else 1
        return f"{value:.{digits}f}{SIGNS.get(self.unit, '')}"

    def changed(self, told: "dict[str, float]") -> "Rule":
        """The same with somebody's own numbers: warning, critical, seconds. The way back keeps its
        distance, or is the threshold itself where that would be past it."""
        made = Rule.__new__(Rule)
        made.__dict__.update(self.__dict__)
        for key in ("warning", "critical", "seconds"):
            if key in told:
                setattr(made, key, float(told[key]))
        second = made.critical if made.critical is not None else made.warning
        before = (self.warning, self.critical if self.critical is not None else self.warning)
        made.clear = (
            made.warning + self.clear[0] - before[0],
            second + self.clear[1] - before[1],
        )
        return made
