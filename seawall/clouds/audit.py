"""What would surprise you in your cloud account: data without copies, doors open to everybody,
logins that are easy to take, money spent on nothing, and nobody told.

The same questions for every cloud; they judge what was seen, and never what Seawall once wrote.
"""

from typing import ClassVar

from seawall.clouds.audited.disks import DiskChecks
from seawall.clouds.audited.doors import DoorChecks
from seawall.clouds.audited.logins import LoginChecks
from seawall.clouds.audited.telling import TellingChecks
from seawall.kit import Check, Feature, Room


class Audit(TellingChecks, LoginChecks, DoorChecks, DiskChecks, Feature):
    section: ClassVar[str] = "account"
    room: ClassVar[Room] = "security"


AS_DECLARED = Check(
    "account.as-declared",
    "The cloud account is as seawall.yml says",
    "A schedule that somebody switched off, or a bucket that somebody opened, looks like any other "
    "until the day you need it. What is declared is compared with what is there.",
    "must",
    "stability",
    (),
    "drift",
)
"""Whether a plan of the account would be empty."""
