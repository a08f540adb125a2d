"""Every server is watched, and what somebody must know is told once.

A small unit without any rights looks every ten seconds at disks, memory, processors, units, timers,
doors and admins, judges by rules with two thresholds each, and keeps ninety days of numbers. It
goes on when your laptop is off. Deploys, applies, restores and reboots open a maintenance window
by themselves: what they stop and start is no news.
"""

import json
from collections.abc import Iterator
from typing import Annotated, Any, ClassVar

from pydantic import Field, field_validator

from seawall.agent.steps import File, Packages, Step, SystemUser, Unit
from seawall.features.stability.monitoring import units
from seawall.features.stability.monitoring.words import Numbers, RuleName, upside_down
from seawall.kit import Feature, Finding, Look, Room, check
from seawall.kit.amounts import size
from seawall.kit.fields import Fault, OneLine, faults

DECLARED = "/etc/seawall/monitoring.json"
SYSTEM = "/etc/systemd/system"
VITAL = ("disk-space", "memory", "oom", "backup-stale", "proof-failed", "new-admin")
"""Who silences these hears too late of what cannot be put right."""
LATEST = {"disk-space": 97.0, "backup-stale": 4.0}
"""Warnings beyond these values come when it is over."""
BOUND = 50_000_000
OLD = 180
"""Seconds after which numbers that come every ten are no longer news."""


class Monitoring(Feature):
    section: ClassVar[str] = "monitoring"
    room: ClassVar[Room] = "stability"

    numbers: Annotated[dict[RuleName, Numbers], Field(alias="rules")] = {}
    """Your own numbers for a rule, such as `disk-space: { warning: 85, critical: 95, for: 5m }`;
    docs/reference/rules.md lists the rules."""
    silence: list[RuleName] = []
    """Rules that nobody wants to hear of."""
    ignore: list[OneLine] = []
    """What no rule looks at: a mount, a unit such as `fwupd.service`, a port such as `tcp/8080`,
    an account."""

    @field_validator("numbers")
    @classmethod
    def _in_order(cls, value: dict[str, Numbers]) -> dict[str, Numbers]:
        told = {name: upside_down(name, numbers) for name, numbers in value.items()}
        if found := [Fault(why, at=(name,), shown=False) for name, why in told.items() if why]:
            raise faults(found)
        return value

    def units(self, config: Any, server: str) -> Iterator[str]:
        yield units.MONITOR

    def steps(self, config: Any, server: str) -> Iterator[Step]:
        yield SystemUser(units.USER, home=units.STATE)
        yield File(DECLARED, self._declared(config, server))
        monitor, look = f"{SYSTEM}/{units.MONITOR}", f"{SYSTEM}/{units.LOOK}"
        yield File(monitor, units.SERVICE, restart=(units.MONITOR,))
        yield File(f"{look}.service", units.LOOK_SERVICE)
        yield File(f"{look}.timer", units.LOOK_TIMER, restart=(f"{units.LOOK}.timer",))
        yield File(f"{look}.path", units.LOOK_PATH, restart=(f"{units.LOOK}.path",))
        yield Packages((), without_systemd=("cron",))
        yield File("/etc/cron.d/seawall-monitor", units.CRON)
        yield Unit(units.MONITOR, without_systemd="cron")
        yield Unit(f"{units.LOOK}.timer", without_systemd="cron")
        yield Unit(f"{units.LOOK}.path", without_systemd="cron")

    def _declared(self, config: Any, server: str) -> str:
        """What the monitor reads; no secret is in it, so that it needs no rights."""
        people = config.section("people").people
        numbers = {name: each.told for name, each in self.numbers.items()}
        told = {
            "server": server,
            "rules": {**numbers, **dict.fromkeys(self.silence, False)},
            "ignore": list(self.ignore),
            "ports": sorted({f"{p.protocol}/{p.number}" for p in config.ports(server)}),
            "admins": sorted(name for name, person in people.items() if person.admin),
        }
        return json.dumps(told, indent=1, sort_keys=True) + "\n"

    @check("The server is watched", needs=("monitor",))
    def alive(self, look: Look) -> Iterator[Finding]:
        """A monitor that died says nothing, and nothing is what a healthy server says too. So it
        is asked itself: does it run, will it after a reboot, how old is its newest number?
        """
        seen = _facts(look)
        if seen and seen["wrong"]:
            yield Finding("nobody watches this server", seen["wrong"], look.apply_or(_AGAIN))
        elif seen and seen["age"] > OLD:
            fix = f"systemctl restart {units.MONITOR}"
            yield Finding("the monitor hangs", f"its newest number is {seen['age']:.0f} s old", fix)

    @check("What must be told is not silenced", severity="should", needs=("monitor",))
    def thresholds(self, look: Look) -> Iterator[Finding]:
        """Somebody got a message too many and turned the rule off, for one night. A full disk, a
        backup that stopped, a new admin: these are told rarely, and late is too late.
        """
        seen = _facts(look)
        if not seen or not seen["rules"]:  # that it does not run is found already
            return
        for name in VITAL:
            limit = seen["rules"].get(name)
            fix = f"take {name} out of monitoring in seawall.yml, then seawall apply"
            if limit is None:
                yield Finding(f"nobody hears of {name}", "the rule is off", fix)
            elif limit > LATEST.get(name, limit):
                yield Finding(f"{name} is told too late", f"only from {limit:g} on", fix)

    @check("The monitor can do no harm", severity="should", needs=("monitor",))
    def rights(self, look: Look) -> Iterator[Finding]:
        """It reads what apps write: names, logs, numbers. Whoever finds a hole in that must not
        become root by it, so it runs as an account of its own that may change nothing.
        """
        seen = _facts(look)
        if seen and seen["user"] == 0:
            where = f"{SYSTEM}/{units.MONITOR}.d"
            fix = f"rm -r {where} && systemctl daemon-reload && systemctl restart {units.MONITOR}"
            yield Finding("the monitor runs as root", units.MONITOR, fix)

    @check("The history stays small", severity="should", needs=("monitor",))
    def history(self, look: Look) -> Iterator[Finding]:
        """What watches the disk must not be what fills it. Ninety days of numbers take less than
        fifty megabytes; older ones are thinned.
        """
        seen = _facts(look)
        if seen and seen["history_bytes"] > BOUND:
            fix = f"ls -lS {units.STATE}/history says what is large; the largest may be deleted"
            yield Finding("the history is too large", size(seen["history_bytes"]), fix)


_AGAIN = f"systemctl enable --now {units.MONITOR}"


def _facts(look: Look) -> Any:
    """What the monitor says of itself; nothing where none is meant to be."""
    seen = look.fact("monitor")
    return seen if seen["there"] or look.described else None
