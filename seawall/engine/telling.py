"""Stored runs as their server reads them: what one holds, and what two differ in."""

from typing import Any

from seawall.config import Config
from seawall.engine import backing, doors
from seawall.errors import ConfigError, SeawallError


def told(config: Config, server: str, *runs: str) -> dict[str, Any]:
    """What one run holds, or how two differ; SeawallError when a server cannot tell."""
    verb = "show" if len(runs) == 1 else "diff"
    document = {"mode": "data", "verb": verb, "runs": list(runs)}

    def refused(event: dict[str, Any]) -> SeawallError:
        hint = event.get("output") or "seawall backup list shows what there is"
        return SeawallError(f"{server}: {event['problem']}", hint)

    return doors.answer(doors.server(config, server), document, "told", refused)


def server_of(config: Config, only: str) -> str:
    """The one server with data; ConfigError when there are several and none is named."""
    names = backing.servers_of(config, only)
    if len(names) > 1:
        raise ConfigError(f"{', '.join(names)} all have data", f"--server {names[0]} chooses one")
    return names[0]
