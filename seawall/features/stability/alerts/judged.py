"""Is there a channel, does it work, and would somebody notice if this server could tell nothing?"""

from collections.abc import Iterator
from typing import Any

from seawall.kit import Finding, Look, Unknown, check
from seawall.kit.amounts import age

PROVEN = 30 * 86400
"""Seconds for which a message that was taken proves a channel."""
LATE = 900
"""Seconds after which a message that still waits is late."""
BEATS = 3
"""A heartbeat is late after so many of its periods."""
SEEN = 600
"""Seconds for which a peer that answered counts as seen."""


class Judged:
    """Checks of telling."""

    @check("Somebody is told", severity="should", needs=("alerts",))
    def told(self, look: Look) -> Iterator[Finding]:
        """The disk fills on a Saturday, the database stops, and customers tell you on Monday. The
        server knew it for two days. It needs somebody to tell: one line in seawall.yml.
        """
        facts = _facts(look)
        if look.described and not facts["channels"]:
            fix = f'alerts: {{ email: {{ to: you@…, smtp: "smtp://…" }} }}, then {_apply(look)}'
            yield Finding("nobody would hear of anything", "no channel in alerts:", fix)

    @check("Alerts get through", needs=("alerts",))
    def delivered(self, look: Look) -> Iterator[Finding]:
        """A password that expired, a webhook somebody deleted: alerts are still made, nobody gets
        them, and that looks exactly like a quiet month.
        """
        facts = _facts(look)
        if look.described and facts["schedule"]:
            yield Finding("alerts are not sent", facts["schedule"], _apply(look))
        for name, told in facts["channels"].items():
            if told.get("missing"):
                fix = f"seawall secrets set NAME, then {_apply(look)}"
                seen = f"no {', '.join(told['missing'])} on the server"
                yield Finding(f"{name} has no way to send", seen, fix)
            elif told.get("failing") is not None:
                since = age(max(0.0, facts["now"] - told["failing"]))
                seen = f"for {since}: {told['error']}"
                yield Finding(f"alerts do not get through by {name}", seen, _test(name))
        if facts["oldest"] > LATE:
            seen = f"{facts['waiting']} waiting, the oldest for {age(facts['oldest'])}"
            yield Finding("messages are late", seen, "seawall alerts list says why")

    @check("Every channel was proven lately", severity="should", needs=("alerts",))
    def proven(self, look: Look) -> Iterator[Finding]:
        """You set up the channel in spring. Since then somebody left, a mailbox was closed, the
        chat moved. A channel that took a message in the last month will take the next one.
        """
        facts = _facts(look)
        for name, told in facts["channels"].items():
            at = (told.get("proven") or {}).get("at")
            if at == 0:
                yield Finding(
                    f"the last test by {name} failed", told["proven"]["said"], _test(name)
                )
            elif at is None or facts["now"] - at > PROVEN:
                seen = "never" if at is None else f"{age(facts['now'] - at)} ago"
                yield Finding(f"{name} was not proven", f"took a message: {seen}", _test(name))

    @check("Somebody outside would notice", severity="should", needs=("alerts",))
    def outside(self, look: Look) -> Iterator[Finding]:
        """A dead server sends no alert, and neither does one whose network is gone. Only somebody
        elsewhere, who expects to hear from it every few minutes, notices the silence.
        """
        facts = _facts(look)
        beat = facts["heartbeat"]
        if not beat:
            if look.described and not facts["peers"] and facts["channels"]:
                fix = f"alerts: {{ heartbeat: https://hc-ping.com/… }}, then {_apply(look)}"
                yield Finding("nobody would notice if it died", "no heartbeat, no peer", fix)
            return
        late = facts["now"] - (beat["at"] or 0) > BEATS * beat["every"]
        if beat["error"] or late:
            when = "never heard" if not beat["at"] else f"last {age(facts['now'] - beat['at'])} ago"
            seen = "; ".join(filter(None, [when, beat["error"]]))
            yield Finding("the heartbeat is not heard", seen, "look at alerts.heartbeat", "must")

    @check("Servers watch each other", severity="should", needs=("alerts",))
    def watched(self, look: Look) -> Iterator[Finding]:
        """With two servers each can tell you that the other is silent, at no cost. It needs to
        reach it: a firewall of your provider's between them makes it blind, and it would call a
        server dead that is well.
        """
        facts = _facts(look)
        for name, told in sorted(facts["peers"].items()):
            if told.get("seen") is None:
                fix = f"let {look.server} reach a port of {name}, or say servers.{name}.private"
                seen = told.get("error") or "not looked at yet"
                yield Finding(f"{look.server} cannot watch {name}", seen, fix)


def _facts(look: Look) -> Any:
    facts = look.fact("alerts")
    if look.described and not facts["declared"]:
        raise Unknown("alerts are not set up yet", _apply(look))
    return facts


def _apply(look: Look) -> str:
    return f"seawall apply {look.server}"


def _test(name: str) -> str:
    return f"seawall alerts test --channel {name}"
