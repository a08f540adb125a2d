"""The clock is right, the kernel is careful, the logs have an end, memory has a reserve.

Small things that nobody misses until 3 a.m.: a clock that is off breaks TLS and backups, a
journal without a limit fills the disk, a small server without swap kills the database. Seawall
sets only what ordinary apps do not notice.
"""

from typing import Annotated, ClassVar

from pydantic import Field

from seawall.kit import Feature, Room


class Baseline(Feature):
    section: ClassVar[str] = "baseline"
    room: ClassVar[Room] = "stability"

    swap: Annotated[str, Field(pattern=r"^(auto|off|\d+[MG])$")] = "auto"
    """A swap file: `auto` makes one when a server with less than 4 GB of memory has none, `off`
    leaves it alone, `2G` makes one of that size."""
    banner: str = "Authorised access only. Activity on this server is logged."
    """Shown before a login; empty for none."""
    sysctl: dict[str, str | int] = {}
    """Further kernel settings; they win over Seawall's."""
