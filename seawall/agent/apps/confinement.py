"""What a container of an app may do: as little as a process of it, and a little less.

Its own user, no privilege to gain, nothing to write to but /tmp, /run and what is declared; its
environment reaches it past Docker, which only learns the name of a file of root's.
"""

from __future__ import annotations

import pwd
from typing import Any, Dict, Iterator, List

from seawall.agent import system
from seawall.agent.apps import images
from seawall.agent.apps.records import App, Release
from seawall.agent.system import StepError

Spec = Dict[str, Any]
Settings = Dict[str, Any]
"""What an image says of itself."""
DEFAULT_PORT = 8080
CONTROLLERS = "/sys/fs/cgroup/cgroup.controllers"
ROOT_USERS = ("", "root", "0", "0:0", "root:root")
SCRATCH = ("/tmp", "/run")


def options(app: App, release: Release, spec: Spec) -> List[str]:
    """What `docker run` is told for any container of a release."""
    settings = images.settings(app, release)
    return [
        "--runtime=seawall",
        f"--env=APP_ENVIRONMENT_FILE={app.environment(release.number)}",
        f"--env=PORT={port(settings, spec)}",
        f"--label=seawall.app={app.name}",
        "--init",
        "--read-only",
        "--cap-drop=ALL",
        "--security-opt=no-new-privileges",
        "--pids-limit=4096",
        *_user(app, settings),
        *_limits(spec),
        *_places(settings, spec),
    ]


def _user(app: App, settings: Settings) -> Iterator[str]:
    if settings.get("User", "") in ROOT_USERS:
        account = pwd.getpwnam(app.user)
        yield f"--user={account.pw_uid}:{account.pw_gid}"
        yield "--env=HOME=/tmp"


def _limits(spec: Spec) -> Iterator[str]:
    if spec.get("memory") and enforced("memory"):
        yield f"--memory={spec['memory']}"
    if spec.get("cpus") and enforced("cpu"):
        yield f"--cpus={spec['cpus']}"


def enforced(controller: str) -> bool:
    seen = system.read(CONTROLLERS)
    return seen is None or controller in seen.decode().split()


def _places(settings: Settings, spec: Spec) -> Iterator[str]:
    for place in (*SCRATCH, *spec.get("scratch", ()), *lost(settings, spec)):
        yield f"--tmpfs={place}:rw,exec,nosuid,nodev,mode=1777"
    for place in spec.get("uploads", ()):
        yield f"--mount=type=bind,source={place},target={place}"


def lost(settings: Settings, spec: Spec) -> List[str]:
    """Places that the image means to keep and that nobody declared."""
    known = {*spec.get("uploads", ()), *spec.get("scratch", ())}
    return sorted(set(settings.get("Volumes") or {}) - known)


def port(settings: Settings, spec: Spec) -> int:
    """The port inside: declared, or the only one the image exposes."""
    if spec.get("port"):
        return int(spec["port"])
    exposed = [each for each in settings.get("ExposedPorts") or {} if each.endswith("/tcp")]
    if len(exposed) > 1:
        listed = ", ".join(sorted(each[:-4] for each in exposed))
        raise StepError(f"the image exposes {listed}: apps.NAME.port has to say which one serves")
    return int(exposed[0][:-4]) if exposed else DEFAULT_PORT
