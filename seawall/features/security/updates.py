"""Security updates install themselves, and a reboot that is due is not forgotten.

Most break-ins use a hole that was closed months ago. Debian and Ubuntu publish the fix within
days; Seawall makes sure that it is installed, says what waits and since when, and reboots in a
window that you choose, or tells you that a reboot is due.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from shlex import quote
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, Field

from seawall.agent.steps import File, Packages, Step, Unit
from seawall.kit import Feature, Finding, Look, Room, Severity, Unknown, check
from seawall.kit.amounts import DAY, age, count, several
from seawall.kit.fields import Switch, wrong
from seawall.kit.releases import end_of_support

_WINDOW = r"^(off|([01]\d|2[0-3]):[0-5]\d)$"

PERIODIC = """\
// Written by seawall from seawall.yml.
APT::Periodic::Update-Package-Lists "1";
APT::Periodic::Unattended-Upgrade "{switch}";
APT::Periodic::AutocleanInterval "7";
"""
BEHAVIOUR = """\
// Written by seawall from seawall.yml.
Unattended-Upgrade::Automatic-Reboot "{reboot}";
Unattended-Upgrade::Automatic-Reboot-Time "{time}";
Unattended-Upgrade::Remove-Unused-Kernel-Packages "true";
Unattended-Upgrade::SyslogEnable "true";
"""


def _window(value: Any) -> str:
    if not isinstance(value, str) or not re.fullmatch(_WINDOW, value):
        raise wrong('should be off, or a time such as "04:00"')
    return str(value)


_Written = Annotated[str, Field(pattern=_WINDOW)]
Window = Annotated[str, BeforeValidator(_window, json_schema_input_type=_Written)]


class Updates(Feature):
    section: ClassVar[str] = "updates"
    room: ClassVar[Room] = "security"

    automatic: Switch = True
    """Install security updates every day, by themselves."""
    reboot: Window = "off"
    """When to reboot after an update that needs it: a time of the server's day such as "04:00",
    or off."""

    def steps(self, config: Any, server: str) -> Iterator[Step]:
        # apt-listchanges tells whoever upgrades by hand what will behave differently afterwards.
        wanted = ("unattended-upgrades", "apt-listchanges")
        yield Packages(wanted, without_systemd=(*wanted, "cron"))
        switch = "1" if self.automatic else "0"
        yield File("/etc/apt/apt.conf.d/20auto-upgrades", PERIODIC.format(switch=switch))
        yield File("/etc/apt/apt.conf.d/52seawall", self._behaviour())
        # Without systemd, apt's own script in /etc/cron.daily does what the two timers do.
        yield Unit("apt-daily.timer", without_systemd="cron")
        yield Unit("apt-daily-upgrade.timer", without_systemd="cron")

    def _behaviour(self) -> str:
        reboot = "false" if self.reboot == "off" else "true"
        time = "now" if self.reboot == "off" else self.reboot
        return BEHAVIOUR.format(reboot=reboot, time=time)

    @check("Security updates are installed", severity="should", needs=("updates",))
    def waiting(self, look: Look) -> Iterator[Finding]:
        """The day a fix is published, everybody can read what the hole was. From then on it is a
        race between you and whoever writes the robot.
        """
        found = look.fact("updates")
        if not found["security_lists"]:
            raise Unknown("the server has no list of security updates", "apt-get update")
        waiting = [each for each in found["waiting"] if not each["held"]]
        if waiting:
            dates = [each["since"] for each in waiting if each["since"]]
            oldest = found["now"] - min(dates, default=found["now"])
            since = f", the oldest {age(oldest)}" if oldest > DAY else ""
            severity: Severity = "must" if oldest > 30 * DAY else "should"
            problem = f"{count(len(waiting), 'security update')} waiting{since}"
            seen = several([f"{each['name']} {each['offered']}" for each in waiting], 3)
            yield Finding(problem, seen, "apt-get update && unattended-upgrade", severity)

    @check("Security updates install themselves", needs=("updates",))
    def install_themselves(self, look: Look) -> Iterator[Finding]:
        """Nobody updates servers by hand for long: the week of the launch is the week of the
        hole. Installed by itself within a day is the one habit that prevents most break-ins.
        """
        if look.described and not self.automatic:
            return
        automatic = look.fact("updates")["automatic"]
        for missing, why, fix in _not_automatic(automatic):
            if missing:
                yield Finding("security updates do not install themselves", why, look.apply_or(fix))
                return

    @check("The list of updates is fresh", severity="should", needs=("updates",))
    def fresh_list(self, look: Look) -> Iterator[Finding]:
        """ "No updates waiting" means nothing when the server has not asked for a month: a full
        disk, a broken mirror or a wrong clock stops the asking, silently.
        """
        found = look.fact("updates")
        if found["lists_from"] is None:
            yield Finding("the server never asked for updates", "", "apt-get update")
        elif found["now"] - found["lists_from"] > 3 * DAY:
            old = age(found["now"] - found["lists_from"])
            yield Finding(f"the server last asked for updates {old} ago", "", "apt-get update")

    @check("Security updates come from somewhere", needs=("updates",))
    def security_source(self, look: Look) -> Iterator[Finding]:
        """Security fixes come from a source of their own. An image without that line never sees
        a single one, and says all the time that it is up to date.
        """
        found = look.fact("updates")
        if found["lists_from"] is not None and not found["security_lists"]:
            codename = found["os"]["codename"]
            line = f"deb http://security.debian.org/debian-security {codename}-security main"
            if found["os"]["id"] == "ubuntu":
                line = f"deb http://security.ubuntu.com/ubuntu {codename}-security main universe"
            fix = f"echo '{line}' > /etc/apt/sources.list.d/security.list && apt-get update"
            yield Finding("no source of security updates", "no -security list in apt", fix)

    @check("The release gets security updates", needs=("updates",))
    def supported_release(self, look: Look) -> Iterator[Finding]:
        """After its end a release gets no fixes at all. Everything looks the same, and each
        month a few more of its holes are public for ever.
        """
        found = look.fact("updates")
        system, today = found["os"], datetime.fromtimestamp(found["now"], UTC).date()
        end = end_of_support(system["id"], system["version"])
        fix = "a new server with the next release, then move; seawall lab rehearses it"
        if end and end < today:
            yield Finding(f"{system['name']} gets no more fixes", f"since {end}", fix)
        elif end and (end - today).days < 90:
            left = f"{(end - today).days} days left, until {end}"
            yield Finding(f"{system['name']} ends soon", left, fix, "should")

    @check("No reboot is due", severity="should", needs=("updates",))
    def no_reboot_due(self, look: Look) -> Iterator[Finding]:
        """A new kernel does nothing until the server starts with it. And a server that has not
        been rebooted for a year is one where nobody knows whether it comes back.
        """
        found = look.fact("updates")
        reboot = found["reboot"]
        if reboot["due"]:
            waits = found["now"] - (reboot["since"] or found["now"])
            since = f", for {age(waits)} now" if waits > 60 else ""
            severity: Severity = "must" if waits > 30 * DAY else "should"
            why = several(reboot["why"]) or "/run/reboot-required"
            fix = "systemctl reboot, at a quiet time"
            if look.described and self.reboot == "off":
                fix += '; or each time by itself: updates: { reboot: "04:00" }'
            yield Finding(f"a reboot is due{since}", why, fix, severity)

    @check("All packages are whole", severity="should", needs=("packages",))
    def whole_packages(self, look: Look) -> Iterator[Finding]:
        """One package that is half installed blocks every later update, security fixes
        included.
        """
        broken = look.fact("packages")["broken"]
        if broken:
            fix = "dpkg --configure -a && apt-get -f install"
            yield Finding(
                f"{count(len(broken), 'package')} half installed", several(broken, 2), fix
            )

    @check("No package is held back", severity="should", needs=("packages",))
    def nothing_held(self, look: Look) -> Iterator[Finding]:
        """A hold was set to get through one bad week. It also keeps every security fix of that
        package away, for ever, without a word.
        """
        held = look.fact("packages")["held"]
        if held:
            fix = f"apt-mark unhold {' '.join(held[:5])}"
            yield Finding(f"{count(len(held), 'package')} held back", several(held), fix)

    @check("Packages are signed", needs=("packages",))
    def signed_sources(self, look: Look) -> Iterator[Finding]:
        """With trusted=yes the server installs, as root, whatever answers under that name: the
        signature that would notice a forged package is not looked at.
        """
        for source in look.fact("packages")["unsigned"]:
            path = source.split(": ")[0]
            fix = f"remove trusted=yes in {path} and add signed-by=/etc/apt/keyrings/…"
            yield Finding("packages are installed without a signature", source, fix)

    @check("Updated programs were restarted", severity="should", needs=("old_code",))
    def restarted(self, look: Look) -> Iterator[Finding]:
        """An update replaces a library on disk. A program that was started before still runs
        the old one, hole included, until it is restarted.
        """
        found = look.fact("old_code")
        if found:
            units = sorted(each["unit"] for each in found)
            seen = f"{found[0]['unit']} still uses {found[0]['old']}"
            services = [unit for unit in units if unit.endswith(".service")]
            fix = (
                f"systemctl restart {' '.join(map(quote, services[:5]))}"
                if services
                else "systemctl reboot"
            )
            yield Finding(
                f"{count(len(units), 'program')} running old code: {several(units)}", seen, fix
            )


def _not_automatic(found: Any) -> Iterator[tuple[bool, str, str]]:
    """What can be missing, how it is said, and the command that puts it right."""
    package = "unattended-upgrades"
    install = f"apt-get install -y {package} && dpkg-reconfigure -f noninteractive {package}"
    yield not found["installed"], f"{package} is not installed", install
    for key, name in SWITCHES.items():
        on = f"echo 'APT::Periodic::{name} \"1\";' >> /etc/apt/apt.conf.d/99-automatic"
        yield found[key] in (False, "0"), f"APT::Periodic::{name} is 0", on
    again = f"apt-get install -y --reinstall -o Dpkg::Options::=--force-confnew {package}"
    yield not found["security_origin"], f"{package} leaves security updates out", again
    timers = "apt-daily.timer apt-daily-upgrade.timer"
    yield not found["timers"], "apt's timers do not run", f"systemctl enable --now {timers}"


SWITCHES = {
    "enabled": "Enable",
    "lists_every": "Update-Package-Lists",
    "upgrade_every": "Unattended-Upgrade",
}
"""What the updates probe calls them, and apt.conf."""
