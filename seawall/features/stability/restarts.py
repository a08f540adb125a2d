"""Everything that serves comes back by itself: after a crash and after a reboot.

A program that somebody started in a terminal runs for months. Then the provider reboots the
machine at four in the morning.
"""

import re
from collections.abc import Iterator
from typing import Any, ClassVar

from seawall.kit import Feature, Finding, Look, Room, check
from seawall.kit.amounts import several

APP = re.compile(r"(kept-)?app-[a-z][a-z0-9-]*-\d+-\d+\.service")
"""An instance of an app, or who keeps one: what there is to say of it, the checks of apps say."""
LOOPS = 5
"""So many restarts of one service are no accident."""
BOOTS = ("enabled", "static", "generated", "indirect", "alias", "linked")


class Restarts(Feature):
    section: ClassVar[str] = "restarts"
    room: ClassVar[Room] = "stability"

    @check("Nothing that serves was started by hand", needs=("listeners", "units"))
    def nothing_by_hand(self, look: Look) -> Iterator[Finding]:
        """It was meant as a test: ssh in, start the app, close the laptop. It runs for a year
        with nohup, tmux or screen. After the next reboot it is not there, and nobody remembers
        the command.
        """
        lingering = look.fact("units")["lingering"]
        for door in _each_program(look):
            by_hand = door["started_by"] == "session"
            gone = door["started_by"] == "user service" and door["user"] not in lingering
            if by_hand or gone:
                fix = "make it a service: a unit in /etc/systemd/system, systemctl enable --now"
                if gone:
                    fix = f"loginctl enable-linger {door['user']}"
                seen = f"port {door['port']}, {door['program'] or 'program gone'}, {door['unit']}"
                problem = f"{door['process']} was started by hand and dies with the next reboot"
                yield Finding(problem, seen, fix)

    @check("What serves starts at boot", needs=("listeners", "units"))
    def starts_at_boot(self, look: Look) -> Iterator[Finding]:
        """`systemctl start` and `systemctl enable` are two things. A service that runs and is
        not enabled looks perfect until the first reboot.
        """
        for unit, service in _serving(look):
            if service["boot"] not in BOOTS and not service["pulled_by"]:
                seen = f"{unit} is {service['boot'] or 'transient'}"
                fix = f"systemctl enable {unit}"
                if service["transient"]:
                    fix = f"write {unit} to /etc/systemd/system, then systemctl enable {unit}"
                yield Finding(f"{unit} does not start at boot", seen, fix)

    @check(
        "What serves is restarted after a crash", severity="should", needs=("listeners", "units")
    )
    def restarted_after_crash(self, look: Look) -> Iterator[Finding]:
        """Programs crash: a leak, a bad request, a moment without memory. With Restart= that is
        half a second that nobody notices; without it, it lasts until somebody calls you.
        """
        for unit, service in _serving(look):
            if service["restart"] == "no" and _is_a_daemon(service):
                where = f"/etc/systemd/system/{unit}.d"
                lines = "'[Service]' 'Restart=on-failure' 'RestartSec=1'"
                write = f"mkdir -p {where} && printf '%s\\n' {lines} > {where}/restart.conf"
                fix = f"{write} && systemctl daemon-reload"
                yield Finding(f"{unit} stays down after a crash", "Restart=no", fix)

    @check("No service crashes again and again", needs=("units",))
    def no_crash_loop(self, look: Look) -> Iterator[Finding]:
        """A service that is restarted all the time looks like it runs, and answers every other
        customer with an error. Restarting hides it, so it has to be said.
        """
        for unit, service in look.fact("units")["services"].items():
            if service["restarts"] >= LOOPS and not APP.fullmatch(unit):
                fix = f"journalctl -u {unit} -n 50 says why; systemctl reset-failed {unit} after"
                yield Finding(
                    f"{unit} keeps crashing", f"restarted {service['restarts']} times", fix
                )

    @check("No unit has failed", severity="should", needs=("units",))
    def nothing_failed(self, look: Look) -> Iterator[Finding]:
        """Something was meant to run and does not: a nightly job, a mount, a cleaner. Nobody is
        told. The day you need it is the day you find out.
        """
        failed = look.fact("units")["failed"]
        for each in failed[:5]:
            seen = f"{each['result']}, exit code {each['exit']}" if each["exit"] else each["result"]
            fix = f"systemctl status {each['unit']} says why; systemctl restart {each['unit']}"
            yield Finding(f"{each['unit']} has failed", seen, fix)
        if len(failed) > 5:
            rest = several([each["unit"] for each in failed[5:]])
            yield Finding(f"{len(failed) - 5} more units have failed", rest, "systemctl --failed")


def _each_program(look: Look) -> Iterator[Any]:
    """One listening socket of each program that sits in a place of its own."""
    told = set()
    for door in look.fact("listeners"):
        mark = (door["process"], door["port"])
        if door["pid"] > 1 and door["protocol"] == "tcp" and mark not in told:
            told.add(mark)
            yield door


def _serving(look: Look) -> Iterator[tuple[str, Any]]:
    """The services that hold a listening socket, once each."""
    services = look.fact("units")["services"]
    units = {door["unit"] for door in _each_program(look) if door["started_by"] == "service"}
    yield from (
        (unit, services[unit])
        for unit in sorted(units)
        if unit in services and not APP.fullmatch(unit)
    )


def _is_a_daemon(service: Any) -> bool:
    """Not a one-off, not an init script (its file is generated), not started on demand."""
    on_demand = any(by.endswith(".socket") for by in service["pulled_by"])
    return service["type"] != "oneshot" and service["boot"] != "generated" and not on_demand
