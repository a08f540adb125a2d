"""Where a name leads, asked from this machine; no answer is told apart from no such name."""

import socket
from typing import Any

NOBODY = (socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME))


def leads_to(name: str) -> dict[str, Any]:
    """The addresses of a name, none when there is no such name; {"unknown": …} without answer."""
    try:
        found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        if error.errno in NOBODY:
            return {"addresses": []}
        return {"unknown": f"{name}: DNS does not answer here: {error.strerror}"}
    except OSError as error:
        return {"unknown": f"{name}: {error.strerror or error}"}
    return {"addresses": sorted({str(each[4][0]) for each in found})}


def elsewhere(addresses: list[str], here: list[str]) -> str:
    """Where a name leads instead of here, "" when it leads here."""
    if not addresses:
        return "there is no such name"
    return "" if {*addresses} & {*here} else f"it leads to {', '.join(addresses[:4])}"
