"""Ports, networks and the names of declared servers."""

import ipaddress
from collections.abc import Iterable
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo

from seawall.kit.fields.fault import closest, wrong
from seawall.kit.fields.words import Name, name


def _port(value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 65535:
        return value
    quoted = isinstance(value, str) and value.isdecimal() and 1 <= int(value[:9]) <= 65535
    raise wrong("should be a port, 1 to 65535", "leave out the quotes" if quoted else "")


def _network(value: Any) -> str:
    written = name(value)
    try:
        return str(ipaddress.ip_network(written))
    except ValueError:
        raise wrong("should be a network such as 203.0.113.0/24", _nearest(written)) from None


def _nearest(written: str) -> str:
    try:
        return f"did you mean {ipaddress.ip_network(written, strict=False)}?"
    except ValueError:
        return ""


def everywhere(networks: Iterable[str]) -> bool:
    """True when a list of networks lets the whole internet in."""
    listed = [ipaddress.ip_network(network) for network in networks]
    return not listed or any(network.prefixlen == 0 for network in listed)


def _known(value: str, info: ValidationInfo) -> str:
    known = (info.context or {}).get("servers")
    if known is None or value in known:
        return value
    close = closest(value, known)
    declared = f"declared are {', '.join(known)}" if known else "no servers are declared"
    raise wrong("no such server", f"did you mean {close}?" if close else declared)


_Range = Annotated[int, Field(ge=1, le=65535)]
PortNumber = Annotated[int, BeforeValidator(_port, json_schema_input_type=_Range)]
Network = Annotated[str, BeforeValidator(_network, json_schema_input_type=str)]
KnownServer = Annotated[Name, AfterValidator(_known)]
