"""The cloud account around your servers: snapshots, alarms and a bucket that work when every
server of yours is dead, and an audit of what would surprise you.

Everything here is done by the cloud itself. Seawall makes and changes only what bears its tag
(`seawall`, with the project's name), and deletes nothing. The one exception: servers that you name
get that tag, so that the schedule of snapshots finds them.
"""

from typing import Any, ClassVar

from seawall.kit import Feature, Room
from seawall.kit.cloud import Aws, Gcp, Wanted
from seawall.kit.cloud.settings import AccountSettings

PREFIX = "cloud:"
"""Accounts stand beside servers under this; no server can be called so."""


class Cloud(Feature):
    section: ClassVar[str] = "cloud"
    room: ClassVar[Room] = "stability"

    aws: Aws | None = None
    """Your account at Amazon Web Services; needs `seawall[aws]`."""
    gcp: Gcp | None = None
    """Your project at Google Cloud; needs `seawall[gcp]`."""

    def accounts(self, config: Any) -> list[str]:
        """The accounts that are declared, here or by a server: `cloud:aws`, `cloud:gcp`."""
        used = {server.cloud.cloud for server in config.servers.values() if server.cloud}
        used |= {name for name in ("aws", "gcp") if getattr(self, name)}
        return [f"{PREFIX}{name}" for name in sorted(used)]

    def wanted(self, config: Any, account: str) -> Wanted:
        """What is declared of one account."""
        name = account.removeprefix(PREFIX)
        settings: AccountSettings = getattr(self, name) or {"aws": Aws, "gcp": Gcp}[name]()
        servers = {
            each: server.cloud
            for each, server in config.servers.items()
            if server.cloud and server.cloud.cloud == name
        }
        return Wanted(config.project, settings, servers, {e: _open(config, e) for e in servers})


def _open(config: Any, server: str) -> tuple[int, ...]:
    """TCP ports of a server that may be open to everybody."""
    tcp = (port for port in config.ports(server) if port.protocol == "tcp")
    return tuple(sorted({port.number for port in tcp if not port.sources}))
