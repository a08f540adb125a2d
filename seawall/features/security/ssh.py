"""Keys, not passwords; no root; only algorithms worth trusting.

Every server on the internet is tried thousands of times a day with guessed passwords. Seawall
turns passwords off, closes root's door once a named admin is proven to get in, keeps only
modern algorithms and slows down whoever knocks too often.
"""

from typing import Annotated, ClassVar

from pydantic import Field, field_validator

from seawall.kit import Feature, Room
from seawall.kit.fields import Fault, Group, Network, PortNumber, SshdKeyword, SshdValue, faults


class Ssh(Feature):
    section: ClassVar[str] = "ssh"
    room: ClassVar[Room] = "security"

    port: PortNumber = 22
    """The port sshd listens on."""
    sources: Annotated[list[Network], Field(alias="from")] = []
    """Networks that may reach it (`203.0.113.0/24`); everywhere when empty."""
    allow_groups: list[Group] = []
    """Only members of these groups may log in; everybody with a key when empty."""
    settings: dict[SshdKeyword, SshdValue] = {}
    """Further sshd_config keywords, as in `man sshd_config`; they win over Seawall's."""

    @field_validator("settings")
    @classmethod
    def _each_keyword_once(cls, value: dict[str, str | int]) -> dict[str, str | int]:
        first: dict[str, str] = {}
        for keyword in value:
            if (earlier := first.setdefault(keyword.lower(), keyword)) != keyword:
                problem = f"is {earlier} again: sshd ignores upper and lower case"
                raise faults([Fault(problem, "keep one of them", (keyword,), shown=False)])
        return value
