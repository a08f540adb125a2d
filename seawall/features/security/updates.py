"""Security updates install themselves, and a reboot that is due is not forgotten.

Most break-ins use a hole that was closed months ago. Debian and Ubuntu publish the fix within
days; Seawall makes sure that it is installed, says what waits and since when, and reboots in a
window that you choose, or tells you that a reboot is due.
"""

import re
from collections.abc import Iterator
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, Field

from seawall.agent.steps import File, Packages, Step, Unit
from seawall.kit import Feature, Room
from seawall.kit.fields import Switch, wrong

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
        yield Packages(("unattended-upgrades",))
        switch = "1" if self.automatic else "0"
        yield File("/etc/apt/apt.conf.d/20auto-upgrades", PERIODIC.format(switch=switch))
        yield File("/etc/apt/apt.conf.d/52seawall", self._behaviour())
        yield Unit("apt-daily.timer")
        yield Unit("apt-daily-upgrade.timer")

    def _behaviour(self) -> str:
        reboot = "false" if self.reboot == "off" else "true"
        time = "now" if self.reboot == "off" else self.reboot
        return BEHAVIOUR.format(reboot=reboot, time=time)
