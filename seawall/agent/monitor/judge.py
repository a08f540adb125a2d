"""The judge: from numbers to news, exactly one when something begins and one when it is over.

It knows no clock and no file: it is told how much time passed, and what it remembers is plain
numbers that survive whoever runs it. A number that is missing changes nothing.
"""

from __future__ import annotations

from seawall.agent.monitor.rule import Rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable

MOST_AN_HOUR = 3
"""What goes up and down is told so often in an hour, and then when the hour is over."""
HOUR = 3600.0
LONGEST = 300.0
"""Seconds that something has to be well, at most, before that is told."""
UNSEEN = 120.0
"""Seconds that one look counts for, at most: what was not seen for longer may have been well."""
TOGETHER = 4
"""So many of one kind at once are one piece of news."""
SOON = 300.0
"""What follows within so many seconds belongs to the same."""


def fresh() -> "dict[str, Any]":
    """What is remembered of a rule and a subject: its level, the level that was told, for how long
    it was beyond each threshold and for how long well (-1: not), since when, when it was told."""
    return {"level": 0, "said": 0, "held": [-1.0, -1.0], "well": -1.0, "since": 0.0, "told": []}


class Judge:
    """All that is remembered: `states` by rule and subject, `groups` of news that were one."""

    def __init__(self, rules: "list[Rule]", kept: "dict[str, Any]") -> None:
        self.rules = rules
        self.states: "dict[str, dict[str, dict[str, Any]]]" = kept.setdefault("states", {})
        self.groups: "list[dict[str, Any]]" = kept.setdefault("groups", [])
        self.since_seen: "dict[str, float]" = kept.setdefault("since_seen", {})
        """Seconds since each metric was looked at last: some are looked at less often."""
        self.now = self.passed = 0.0
        self.calm: "bool | Callable[[], object]" = False

    def judge(
        self,
        sample: "dict[str, dict[str, float]]",
        now: float,
        passed: float,
        *,
        calm: "bool | Callable[[], object]" = False,
    ) -> "list[dict[str, Any]]":
        """What must be told now. While it is `calm`, what comes from work under way is not news;
        if it is still there afterwards, its time begins then."""
        self.now, self.calm = now, calm
        for metric in {rule.metric for rule in self.rules}:
            self.since_seen[metric] = min(self.since_seen.get(metric, 0.0) + passed, UNSEEN)
        news = []
        for rule in self.rules:
            if rule.metric in sample:
                self.passed = self.since_seen[rule.metric]
                news += self._rule(rule, sample)
        self.since_seen.update(dict.fromkeys(sample, 0.0))
        self._drop_unknown()
        return news

    def _rule(self, rule: Rule, sample: "dict[str, dict[str, float]]") -> "list[dict[str, Any]]":
        values = sample[rule.metric]
        mine = self.states.setdefault(rule.name, {})
        for subject in [*values, *(gone for gone in mine if gone not in values)]:
            state = mine.setdefault(subject, fresh())
            value = values.get(subject)
            if value is not None and _beside(rule, sample, subject):
                state["value"] = value
                self._worse(rule, state)
                _better(rule, state, self.passed)
            else:  # gone, or it does not count
                state["held"] = [-1.0, -1.0]
                _well(rule, state, self.passed)
        news = self._told(rule, mine, self.now)
        for subject in [name for name, state in mine.items() if _over(state, self.now)]:
            del mine[subject]
        return news

    def _worse(self, rule: Rule, state: "dict[str, Any]") -> None:
        """Count how long it is beyond each threshold; raise the level when that is long enough."""
        there = rule.level(state["value"])
        waits = bool(there) and rule.calm and self._is_calm()
        for at in (0, 1):
            held = state["held"][at]
            if there <= at:
                state["held"][at] = -1.0
                continue
            if held < 0 and not state["level"] and at == 0:
                state["since"] = self.now
            state["held"][at] = max(0.0, held) if held < 0 or waits else held + self.passed
            if state["held"][at] >= rule.seconds and not waits:
                state["level"] = max(state["level"], at + 1)

    def _is_calm(self) -> bool:
        """Whether somebody works on the server; looked at once a pass, and only when it matters."""
        if callable(self.calm):
            self.calm = bool(self.calm())
        return self.calm

    def _told(
        self, rule: Rule, mine: "dict[str, dict[str, Any]]", now: float
    ) -> "list[dict[str, Any]]":
        fires = [s for s, state in mine.items() if state["level"] > state["said"]]
        clears = [s for s, state in mine.items() if state["said"] and not state["level"]]
        fires = [s for s in fires if not self._joined(rule, s, mine[s], now)]
        if len(fires) >= TOGETHER:
            return [*self._cleared(rule, clears, mine, now), self._group(rule, fires, mine, now)]
        told = self._cleared(rule, clears, mine, now)
        return told + [self._news("fire", rule, s, mine[s]) for s in fires if _may(mine[s], now)]

    def _group(
        self, rule: Rule, fires: "list[str]", mine: "dict[str, dict[str, Any]]", now: float
    ) -> "dict[str, Any]":
        """One piece of news for many subjects."""
        level = max(mine[subject]["level"] for subject in fires)
        group = {
            "rule": rule.name,
            "subject": f"{len(fires)} at once",
            "since": now,
            "level": level,
        }
        self.groups.append({**group, "members": list(fires), "value": float(len(fires))})
        for subject in fires:
            mine[subject]["said"] = mine[subject]["level"]
        return {"kind": "fire", "at": now, **self.groups[-1]}

    def _joined(self, rule: Rule, subject: str, state: "dict[str, Any]", now: float) -> bool:
        """True for one that belongs to what was told of many just now."""
        for group in self.groups:
            soon = group["rule"] == rule.name and now - group["since"] <= SOON
            if soon or _in(group, rule, subject):
                if subject not in group["members"]:
                    group["members"].append(subject)
                state["said"] = state["level"]
                return True
        return False

    def _cleared(
        self, rule: Rule, clears: "list[str]", mine: "dict[str, dict[str, Any]]", now: float
    ) -> "list[dict[str, Any]]":
        told = []
        for subject in clears:
            group = next((g for g in self.groups if _in(g, rule, subject)), None)
            if group is None:
                if _may(mine[subject], now):
                    told.append(self._news("resolve", rule, subject, mine[subject]))
                continue
            group["members"].remove(subject)
            mine[subject]["said"] = 0
            if not group["members"]:
                self.groups.remove(group)
                told.append({"kind": "resolve", "at": now, **group})
        return told

    def _news(
        self, kind: str, rule: Rule, subject: str, state: "dict[str, Any]"
    ) -> "dict[str, Any]":
        """Put down that it is told, and what."""
        level = state["level"] if kind == "fire" else state["said"]
        state["told"].append(self.now)
        state["said"] = state["level"]
        told = {"kind": kind, "rule": rule.name, "subject": subject, "level": level}
        flaps = kind == "fire" and len(state["told"]) >= MOST_AN_HOUR
        value = state.get("value", 0.0)
        return {**told, "at": self.now, "since": state["since"], "value": value, "flaps": flaps}

    def _drop_unknown(self) -> None:
        """Forget what is remembered of rules that are off now."""
        names = {rule.name for rule in self.rules}
        for name in [name for name in self.states if name not in names]:
            del self.states[name]
        self.groups[:] = [group for group in self.groups if group["rule"] in names]


def _in(group: "dict[str, Any]", rule: Rule, subject: str) -> bool:
    return group["rule"] == rule.name and subject in group["members"]


def _beside(rule: Rule, sample: "dict[str, dict[str, float]]", subject: str) -> bool:
    """Whether the second number lets the rule count."""
    if rule.beside is None:
        return True
    name, limit = rule.beside
    beside = sample.get(name, {}).get(subject)
    if beside is None:
        return limit >= 0
    return beside >= -limit if limit < 0 else beside < limit


def _better(rule: Rule, state: "dict[str, Any]", passed: float) -> None:
    """Come down when it is behind the way back for long enough."""
    level = state["level"]
    if level and rule.cleared(state["value"], 1):
        _well(rule, state, passed)
    elif level == 2 and rule.cleared(state["value"], 2):
        state["level"] = 1  # nobody is told: it is not over
    elif level:
        state["well"] = -1.0


def _well(rule: Rule, state: "dict[str, Any]", passed: float) -> None:
    if not state["level"]:
        return
    state["well"] = 0.0 if state["well"] < 0 else state["well"] + passed
    if state["well"] >= min(rule.seconds, LONGEST):
        state["level"], state["well"] = 0, -1.0


def _may(state: "dict[str, Any]", now: float) -> bool:
    """Whether it was not told too often in this hour."""
    state["told"] = [at for at in state["told"] if 0 <= now - at < HOUR]
    return len(state["told"]) < MOST_AN_HOUR


def _over(state: "dict[str, Any]", now: float) -> bool:
    """True when there is nothing to be remembered."""
    quiet = not state["level"] and not state["said"] and state["held"] == [-1.0, -1.0]
    return quiet and not any(0 <= now - at < HOUR for at in state["told"])
