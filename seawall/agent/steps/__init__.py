"""Everything that can be true of a server, and how it crosses the wire."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Dict, Tuple, Type

from seawall.agent.steps.accounts import AuthorizedKeys, Group, RemovedUser, SystemUser, User
from seawall.agent.steps.binary import Binary
from seawall.agent.steps.docker import DockerSettings
from seawall.agent.steps.files import Absent, File
from seawall.agent.steps.firewall import Nft
from seawall.agent.steps.kernel import Hostname, Swap, Sysctl
from seawall.agent.steps.mariadb import MariaDBAccess, MariaDBDatabase, MariaDBServer
from seawall.agent.steps.node import NodeProgram
from seawall.agent.steps.packages import Packages
from seawall.agent.steps.postgres import PostgresDatabase, PostgresServer
from seawall.agent.steps.redis import RedisServer
from seawall.agent.steps.sshd import HostKey, Moduli, SshdConfig
from seawall.agent.steps.step import Change, Step
from seawall.agent.steps.units import Unit

KINDS: Tuple[Type[Step], ...] = (
    Absent,
    AuthorizedKeys,
    Binary,
    DockerSettings,
    File,
    Group,
    HostKey,
    Hostname,
    MariaDBAccess,
    MariaDBDatabase,
    MariaDBServer,
    Moduli,
    Nft,
    NodeProgram,
    Packages,
    PostgresDatabase,
    PostgresServer,
    RedisServer,
    RemovedUser,
    SshdConfig,
    Swap,
    Sysctl,
    SystemUser,
    Unit,
    User,
)

__all__ = [
    "Absent",
    "AuthorizedKeys",
    "Binary",
    "Change",
    "DockerSettings",
    "File",
    "Group",
    "HostKey",
    "Hostname",
    "MariaDBAccess",
    "MariaDBDatabase",
    "MariaDBServer",
    "Moduli",
    "Nft",
    "NodeProgram",
    "Packages",
    "PostgresDatabase",
    "PostgresServer",
    "RedisServer",
    "RemovedUser",
    "SshdConfig",
    "Step",
    "Swap",
    "Sysctl",
    "SystemUser",
    "Unit",
    "User",
    "decode",
    "encode",
]


def encode(step: Step) -> Dict[str, Any]:
    """A step as JSON can carry it."""
    return {"step": type(step).__name__, "fields": asdict(step)}  # type: ignore[call-overload]


def decode(document: Dict[str, Any]) -> Step:
    """The step that `encode` was given; KeyError or TypeError for anything else."""
    kind = {each.__name__: each for each in KINDS}[document["step"]]
    return kind(**{key: _frozen(value) for key, value in document["fields"].items()})


def _frozen(value: Any) -> Any:
    return tuple(_frozen(each) for each in value) if isinstance(value, list) else value
