"""The clock is right, the kernel is careful, the logs have an end, memory has a reserve.

Small things that nobody misses until 3 a.m.: a clock that is off breaks TLS and backups, a
journal without a limit fills the disk, a small server without swap kills the database. Seawall
sets only what ordinary apps do not notice.
"""

import re
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, Field

from seawall.kit import Feature, Room
from seawall.kit.fields import KernelKey, KernelValue, Paragraphs, wrong

_SWAP = r"^(auto|off|[1-9]\d{0,4}[MG])$"


def _size(value: Any) -> str:
    if not isinstance(value, str) or not re.fullmatch(_SWAP, value):
        raise wrong("should be auto, off, or a size such as 2G or 512M")
    return str(value)


Size = Annotated[str, BeforeValidator(_size), Field(pattern=_SWAP)]


class Baseline(Feature):
    section: ClassVar[str] = "baseline"
    room: ClassVar[Room] = "stability"

    swap: Size = "auto"
    """A swap file: `auto` makes one when a server with less than 4 GB of memory has none, `off`
    leaves it alone, `2G` makes one of that size."""
    banner: Paragraphs = "Authorised access only. Activity on this server is logged."
    """Shown before a login; empty for none."""
    sysctl: dict[KernelKey, KernelValue] = {}
    """Further kernel settings; they win over Seawall's."""
