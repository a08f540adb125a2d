"""Security updates install themselves, and a reboot that is due is not forgotten.

Most break-ins use a hole that was closed months ago. Debian and Ubuntu publish the fix within
days; Seawall makes sure that it is installed, says what waits and since when, and reboots in a
window that you choose, or tells you that a reboot is due.
"""

from typing import Annotated, ClassVar

from pydantic import Field

from seawall.kit import Feature, Room


class Updates(Feature):
    section: ClassVar[str] = "updates"
    room: ClassVar[Room] = "security"

    automatic: bool = True
    """Install security updates every day, by themselves."""
    reboot: Annotated[str, Field(pattern=r"^(off|([01]\d|2[0-3]):[0-5]\d)$")] = "off"
    """When to reboot after an update that needs it: a time of the server's day such as "04:00",
    or off."""
