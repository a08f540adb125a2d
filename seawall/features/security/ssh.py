"""Keys, not passwords; no root; only algorithms worth trusting.

Every server on the internet is tried thousands of times a day with guessed passwords. Seawall
turns passwords off, closes root's door once a named admin is proven to get in, keeps only
modern algorithms and slows down whoever knocks too often.
"""

from typing import Annotated, ClassVar

from pydantic import Field

from seawall.kit import Feature, Room


class Ssh(Feature):
    section: ClassVar[str] = "ssh"
    room: ClassVar[Room] = "security"

    port: Annotated[int, Field(ge=1, le=65535)] = 22
    """The port sshd listens on."""
    sources: Annotated[list[str], Field(alias="from")] = []
    """Networks that may reach it (`203.0.113.0/24`); everywhere when empty."""
    allow_groups: list[str] = []
    """Only members of these groups may log in; everybody with a key when empty."""
    settings: dict[str, str | int] = {}
    """Further sshd_config keywords, as in `man sshd_config`; they win over Seawall's."""
