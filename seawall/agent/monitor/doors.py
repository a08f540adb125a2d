"""Who listens, and who may do everything: what is new of either is told.

Read from files that everybody may read. Who is behind a port, only root can see: that is told by
the look.
"""

from __future__ import annotations

GROUPS = frozenset(("sudo", "admin", "wheel", "seawall-admin"))
LISTENS = "0A"
EPHEMERAL = 32768
"""Where the kernel begins to take ports for whoever asks for any; what is bound there by UDP is
mostly a question under way."""
MOST = 200


def listening(table: str, protocol: str) -> "set[str]":
    """The ports of /proc/net/{tcp,tcp6,udp,udp6} that others may reach, as tcp/8080."""
    found = set()
    for line in table.splitlines()[1:]:
        words = line.split(None, 4)
        if len(words) < 4 or ":" not in words[1]:
            continue
        address, _, port = words[1].rpartition(":")
        number = _hexadecimal(port)
        if number is None or _loopback(address):
            continue
        if protocol == "tcp" and words[3] == LISTENS:
            found.add(f"tcp/{number}")
        elif protocol == "udp" and words[2].strip("0:") == "" and number < EPHEMERAL:
            found.add(f"udp/{number}")
    return set(sorted(found)[:MOST])


def _hexadecimal(word: str) -> "int | None":
    try:
        return int(word, 16) if 1 <= len(word) <= 4 else None
    except ValueError:
        return None


def _loopback(address: str) -> bool:
    """127.0.0.0/8, ::1 and ::ffff:127.0.0.0/8, as the kernel writes them on this machine."""
    if len(address) == 8:
        return address.endswith("7F")
    return address == "00000000000000000000000001000000" or (
        address.startswith("0000000000000000FFFF0000") and address.endswith("7F")
    )


def admins(passwd: str, group: str) -> "set[str]":
    """Every account that is root or becomes it: of uid 0, or in a group that may sudo."""
    found = set()
    mains: "dict[str, list[str]]" = {}
    for line in passwd.splitlines():
        words = line.split(":")
        if len(words) >= 4:
            mains.setdefault(words[3], []).append(words[0])
            if words[2] == "0":
                found.add(words[0])
    for line in group.splitlines():
        words = line.split(":")
        if len(words) >= 4 and words[0] in GROUPS:
            found.update(mains.get(words[2], []))
            found.update(filter(None, words[3].split(",")))
    return set(sorted(found)[:MOST])
