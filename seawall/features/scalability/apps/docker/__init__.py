"""Docker on a server: what it takes before an app can run in a container.

Containers log to the journal, live through an upgrade of Docker, and get their environment from a
file of root's past `docker inspect`. What was set for other containers on the server stays.
"""

import json
from collections.abc import Iterator
from pathlib import Path

from seawall.agent.steps import DockerSettings, File, Packages, Step, Unit

HOME = "/usr/local/lib/seawall-apps"
"""Stays when Seawall is removed from a server: the apps need it."""
RUNTIME = f"""\
#!/bin/sh
# Written by seawall. Only what starts a process needs more than runc.
case " $* " in
*" create "* | *" exec "*) exec /usr/bin/python3 -I -S {HOME}/runtime.py "$@" ;;
esac
exec runc "$@"
"""
SETTINGS = {
    "builder": {"gc": {"enabled": True, "defaultKeepStorage": "4GB"}},
    "live-restore": True,
    "log-driver": "local",
    "runtimes": {"seawall": {"path": f"{HOME}/runtime"}},
}
"""https://docs.docker.com/reference/cli/dockerd/: the budget of the build cache, containers that
live through a restart of Docker, bounded logs for other containers, and our runtime."""


def steps() -> Iterator[Step]:
    """Docker as Debian packages it, unless another build of it is there."""
    here = Path(__file__).parent
    for name in ("runtime", "follow"):
        yield File(f"{HOME}/{name}.py", (here / f"{name}.py").read_text())
    yield File(f"{HOME}/runtime", RUNTIME, mode="0755")
    settings = json.dumps(SETTINGS)
    yield DockerSettings("/etc/docker/daemon.json", settings, reload=("docker",))
    yield Packages(("docker.io",), unless=("docker-ce", "moby-engine"))
    yield Unit("docker", systemd_for="an app in a container")
