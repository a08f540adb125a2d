"""Every port closed, except the declared ones.

A database that answers the internet is found by robots within hours. Seawall opens what other
sections of seawall.yml need and what `firewall.open` lists, and drops everything else, on IPv4
and IPv6, also for ports that a container runtime publishes behind the firewall's back.
"""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from seawall.kit import Feature, Room, Section

PortNumber = Annotated[int, Field(ge=1, le=65535)]


class OpenPort(Section):
    """A port to open, and for whom."""

    port: PortNumber
    """The port's number."""
    protocol: Literal["tcp", "udp"] = "tcp"
    """tcp or udp."""
    sources: Annotated[list[str], Field(alias="from")] = []
    """Networks that may reach it; everywhere when empty."""
    servers: list[str] = []
    """Only on these servers; on all when empty."""


class Firewall(Feature):
    section: ClassVar[str] = "firewall"
    room: ClassVar[Room] = "security"

    open: list[PortNumber | str | OpenPort] = []
    """Ports to open besides those that other sections need: `443`, `51820/udp`, or a mapping
    with `port`, `protocol`, `from`, `servers`."""
