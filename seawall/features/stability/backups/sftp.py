"""Copies by SFTP: the servers' own key for it, and the one host key that they take for true.

Nothing is taken on trust: without the pinned host key ssh refuses, and so does `apply` before.
"""

import re
from collections.abc import Iterator
from typing import Any

from seawall.agent.steps import File, Packages, Step
from seawall.secrets.made import kept

_ADDRESS = re.compile(
    r"sftp:(?://)?(?:(?P<user>\w[\w.-]*)@)?(?P<host>\w[\w.-]*|\[[0-9a-fA-F:]+\])"
    r"(?::(?P<port>\d{1,5})(?=//?))?(?::?/.*)"
)
HOST_KEY = r"(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(256|384|521)) [A-Za-z0-9+/]+={0,3}"
"""A host key as `ssh-keyscan` and known_hosts write it, without the name before it."""


def address(repository: str) -> tuple[str, str, int] | None:
    """User ("" for none), host and port of `sftp:USER@HOST:/FOLDER` or
    `sftp://USER@HOST:PORT//FOLDER`; None for anything else."""
    found = _ADDRESS.fullmatch(repository)
    if not found:
        return None
    return found["user"] or "", found["host"].strip("[]"), int(found["port"] or 22)


def options(name: str, place: Any) -> list[str]:
    """What restic is told of a destination: how ssh gets in with our key, and nothing else."""
    there = address(place.to)
    if not place.key or there is None:
        return []
    user, host, port = there
    key, known = _files(name)
    words = ["ssh", "-F", "/dev/null", "-i", key, "-p", str(port)]
    told = {
        "BatchMode": "yes",
        "IdentitiesOnly": "yes",
        "StrictHostKeyChecking": "yes",
        "UserKnownHostsFile": known,
        "ServerAliveInterval": "30",
        "ConnectTimeout": "30",
    }
    for option, value in told.items():
        words += ["-o", f"{option}={value}"]
    words += [*(["-l", user] if user else []), host, "-s", "sftp"]
    return [f"sftp.command={' '.join(words)}"]


def steps(config: Any, name: str, place: Any) -> Iterator[Step]:
    """The key, for root alone, and the host key that is pinned. What is there of a key stays where
    it cannot be read here."""
    there = address(place.to)
    if not place.key or there is None:
        return
    key, known = _files(name)
    _, host, port = there
    yield Packages(("openssh-client",))
    called = host if port == 22 else f"[{host}]:{port}"
    yield File(known, f"{called} {place.host_key}\n", mode="0600")
    if secret := kept(config, place.key):
        yield File(key, f"{secret.strip()}\n", mode="0600", secret=True)


def _files(name: str) -> tuple[str, str]:
    return f"/etc/seawall/backups.{name}.key", f"/etc/seawall/backups.{name}.known_hosts"
