"""An app's own instances on a server, as the proxy reaches them; or the folder it serves itself."""

from typing import TYPE_CHECKING, Any

from seawall.features.scalability.apps import static

if TYPE_CHECKING:
    from seawall.features.scalability.apps import App

PATIENT = {"try_duration": "5s", "try_interval": "100ms"}
"""An instance that crashed is back in half a second: its visitors wait for it."""
STREAMS = {"stream_close_delay": "30m"}


def own(name: str, app: "App", tries: dict[str, Any] = PATIENT) -> dict[str, Any]:
    """To the instances of this server, whose ports are read from files at every request."""
    return {
        "handler": "reverse_proxy",
        "upstreams": [
            {"dial": f"127.0.0.1:{{file./srv/apps/{name}/upstreams/{slot}}}"}
            for slot in range(1, app.instances + 1)
        ],
        "load_balancing": {"selection_policy": {"policy": "least_conn"}, **tries},
        **STREAMS,
    }


def here(
    name: str, app: "App", passed_on: dict[str, Any] | None = None, inside: bool = False
) -> dict[str, Any]:
    """Who answers: a process or a container; or the proxy, from the folder of a release."""
    instances = passed_on or own(name, app)
    if not app.static:
        return instances
    match = static.is_released(name, inside)
    served = {"match": match, "handle": [static.served(name, app, inside)], "terminal": True}
    return {"handler": "subroute", "routes": [served, {"handle": [instances]}]}
