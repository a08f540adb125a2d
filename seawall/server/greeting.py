"""What an ssh server says before anybody logs in: its version and the algorithms it offers.

This is the running server speaking (RFC 4253, section 7.1), not its configuration file.
"""

import socket
from typing import Any

LISTS = ("kex", "host_keys", "ciphers_in", "ciphers", "macs_in", "macs")
KEXINIT = 20
MOST = 64 * 1024


def read(host: str, port: int, seconds: float = 5) -> dict[str, Any]:
    """Version and algorithm lists; {"unknown": …} when nobody answers like an ssh server."""
    try:
        with socket.create_connection((host, port), seconds) as connection:
            connection.settimeout(seconds)
            connection.sendall(b"SSH-2.0-Seawall_look\r\n")
            with connection.makefile("rb") as stream:
                version = _version(stream)
                return {"version": version, **parsed(_packet(stream))}
    except (OSError, ValueError) as error:
        return {"unknown": f"ssh does not answer on {host}:{port}: {error or 'closed'}"}


def _version(stream: Any) -> str:
    """The first line that starts with SSH-; others may come before it."""
    for _ in range(50):
        line = stream.readline(1024)
        if line.startswith(b"SSH-"):
            return str(line.decode("ascii", "replace").strip())
        if not line:
            break
    raise ValueError("it does not greet like ssh")


def _packet(stream: Any) -> bytes:
    length = int.from_bytes(stream.read(4), "big")
    if not 0 < length < MOST:
        raise ValueError("its first packet has an impossible size")
    packet = stream.read(length)
    if len(packet) < length:
        raise ValueError("it hung up")
    return bytes(packet[1 : length - packet[0]])


def parsed(payload: bytes) -> dict[str, list[str]]:
    """The name lists of a KEXINIT message, without the names that only mark extensions."""
    if payload[:1] != bytes([KEXINIT]):
        raise ValueError("its first message is not KEXINIT")
    found, rest = {}, payload[17:]
    for name in LISTS:
        length = int.from_bytes(rest[:4], "big")
        names = rest[4 : 4 + length].decode("ascii", "replace").split(",")
        found[name] = [each for each in names if each and not each.startswith(("ext-info", "kex-"))]
        rest = rest[4 + length :]
    return {name: found[name] for name in ("kex", "host_keys", "ciphers", "macs")}
