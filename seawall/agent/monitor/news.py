"""From news to messages: a program of its own, so that the monitor stays small.

It looks for a likely cause while it is fresh, and puts each message into the outbox. One that was
put already is not put again: its id says what it is about and since when.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Any, Dict, List

from seawall.agent.monitor import causes, kept
from seawall.agent.monitor.rule import Rule
from seawall.agent.monitor.rules import EVENT, RULES
from seawall.agent.telling import outbox
from seawall.agent.telling.message import Message, identity

FOLDER = "/var/lib/seawall-monitor"
DECLARED = "/etc/seawall/monitoring.json"
FLAPS = "this goes up and down: you will hear of it three times an hour at most"


def main() -> int:
    """Put all that the monitor has saved as outgoing; 1 when something could not be put."""
    return hand_over(kept.load(f"{FOLDER}/judged.json"), FOLDER)


def hand_over(state: Dict[str, Any], folder: str) -> int:
    """Put all of it, each for itself."""
    told = kept.load(DECLARED)
    failed = 0
    for news in list(state.get("outgoing", [])):
        try:
            outbox.put(message(news, told), f"{folder}/outbox")
        except OSError as error:
            sys.stderr.write(f"{error}\n")
            failed = 1
    return failed


def message(news: Dict[str, Any], told: Dict[str, Any]) -> Message:
    """What a piece of news is to a person. `told` is what was declared of this server."""
    rule = _rule(str(news["rule"]), told)
    server, subject = str(told.get("server", "this server")), str(news["subject"])
    fires, level = news["kind"] == "fire", max(int(news["level"]), 1)
    what = _what(rule, news)
    parts = (news["kind"], server, rule.name, subject, news["since"], level if fires else 0)
    made = Message(
        id=identity(*parts),
        kind=str(news["kind"]),
        severity=rule.severity(level),
        rule=rule.name,
        subject=subject,
        server=server,
        title=f"{server}: {what}" if fires else f"{server}: no longer: {what}",
        since=float(news["since"]),
        at=float(news["at"]),
    )
    made = _numbered(made, rule, news)
    return _explained(made, rule, news) if fires else made


def _rule(name: str, told: Dict[str, Any]) -> Rule:
    """A rule with the numbers that were declared; one that is off by now still has its words."""
    mine = told.get("rules", {}).get(name)
    [rule] = [each for each in RULES if each.name == name]
    return rule.changed(mine) if isinstance(mine, dict) else rule


def _numbered(made: Message, rule: Rule, news: Dict[str, Any]) -> Message:
    """With the value and what it was judged by, unless it is only a yes or no."""
    if "members" in news or rule.warning == EVENT:
        return made
    limit = rule.warning
    if int(news["level"]) == 2 and rule.critical is not None:
        limit = rule.critical
    return replace(made, value=rule.shown(float(news["value"])), threshold=rule.shown(limit))


def _what(rule: Rule, news: Dict[str, Any]) -> str:
    if "members" not in news:
        value = rule.shown(float(news["value"]))
        return rule.title.format(subject=news["subject"], value=value)
    members = [str(each) for each in news["members"]]
    shown = ", ".join(members[:4]) + (", and others" if len(members) > 4 else "")
    return f"{news['value']:.0f} at once ({rule.name})" + (f": {shown}" if shown else "")


def _explained(made: Message, rule: Rule, news: Dict[str, Any]) -> Message:
    advice = tuple(filter(None, [rule.advice, FLAPS if news.get("flaps") else ""]))
    command = rule.command.replace("{subject}", causes.quoted(made.subject))
    return replace(made, cause=tuple(_causes(rule.cause, news)), advice=advice, command=command)


def _causes(kind: str, news: Dict[str, Any]) -> List[str]:
    lines = [str(line) for line in news.get("lines", [])]
    if news.get("members"):
        return [*lines, *map(str, news["members"][:30])]
    return [*lines, *causes.likely(kind, str(news["subject"]))]
