"""Instances of a release as containers: the same as `instances`, with Docker in between.

systemd supervises them as it does any app. Each is reached on a loopback port alone, runs as
the app's own user without any privilege, and may write to /tmp, /run and what is declared.
"""

from __future__ import annotations

import os
import pwd
import shlex
import shutil
import subprocess
import time
from typing import Any, Dict, Iterator, List, Set

from seawall.agent import system
from seawall.agent.apps import confinement, images, instances, receive, supervisors, units
from seawall.agent.apps.records import App, Release
from seawall.agent.system import StepError

Spec = Dict[str, Any]
FOLLOW = "/usr/local/lib/seawall-apps/follow.py"
DOCKER_SECONDS = 20
UNIT = """\
# Written by seawall for release {number}; seawall deploy makes a new one.
[Unit]
Description={name}, release {number}, instance {slot}
After=docker.service network-online.target
Wants=docker.service network-online.target
StartLimitIntervalSec=0

[Service]
ExecStart=/usr/bin/python3 -I -S {follow} {container} {seconds} \\
{options}
Restart=always
RestartSec=0
KillMode=mixed
TimeoutStopSec={patience}
SyslogIdentifier={name}

[Install]
WantedBy=multi-user.target
"""
"""Docker takes long enough to start a container, and one in a loop waits by itself."""


def is_one(spec: Spec) -> bool:
    """True when an app runs in containers."""
    return bool(spec.get("build") or spec.get("image"))


def prepare(app: App, release: Release, spec: Spec) -> Iterator[str]:
    """Make the image of a release; yields what somebody should know about it."""
    if not os.path.exists(FOLLOW):
        raise StepError("this server is not ready for containers; seawall apply makes it so")
    images.prepare(app, release, spec)
    settings = images.settings(app, release)
    confinement.port(settings, spec)
    for place in confinement.lost(settings, spec):
        yield f"{place} is a VOLUME of the image and emptied at each start; uploads would keep it"
    for limit, controller in (("memory", "memory"), ("cpus", "cpu")):
        if spec.get(limit) and not confinement.enforced(controller):
            yield f"{limit} is not enforceable here: this kernel offers no {controller} controller"


def write_units(app: App, release: Release, spec: Spec) -> None:
    """Write what systemd needs to start every instance."""
    settings = images.settings(app, release)
    _make_uploads(app, release, spec, settings)
    units.write_environment(app, release, spec)
    common = confinement.options(app, release, spec)
    inside = confinement.port(settings, spec)
    for slot, port in enumerate(release.ports, 1):
        unit = app.unit(release, slot)
        own = [*common, f"--env=INSTANCE={slot}", *_logging(app, unit)]
        own += [f"--publish=127.0.0.1:{port}:{inside}"] if port else []
        text = UNIT.format(
            name=app.name,
            number=release.number,
            slot=slot,
            follow=FOLLOW,
            container=container_of(unit),
            seconds=spec["drain"],
            patience=spec["drain"] + 15,
            options=" \\\n".join(
                f"  {_quoted(each)}" for each in [*own, *_what(app, release, spec)]
            ),
        )
        system.write(f"/etc/systemd/system/{unit}", text.encode(), system.Ownership(0o644, 0, 0))
    units.learn(app.units(release))


def _what(app: App, release: Release, spec: Spec) -> List[str]:
    return [images.name(app, release.source), *shlex.split(spec.get("command") or "")]


def _quoted(word: str) -> str:
    """A word of ExecStart= as systemd.service(5) reads it."""
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{escaped}"' if set(escaped) & set(" \t\"';\\") or not escaped else escaped


def _logging(app: App, unit: str) -> Iterator[str]:
    """To the journal, under the unit's name: `journalctl -u` shows what systemd did and the app."""
    yield "--log-driver=journald"
    yield f"--log-opt=tag={app.name}"
    yield f"--label=OBJECT_SYSTEMD_UNIT={unit}"
    yield "--log-opt=labels=OBJECT_SYSTEMD_UNIT,seawall.app"


def _make_uploads(app: App, release: Release, spec: Spec, settings: Dict[str, Any]) -> None:
    """Make the places it may write to, its own from the beginning."""
    user = settings.get("User", "")
    account = pwd.getpwnam(app.user)
    for place in spec.get("uploads", ()):
        if not os.path.isdir(place):
            os.makedirs(place, mode=0o750)
            own = user in confinement.ROOT_USERS
            uid = account.pw_uid if own else images.owner_of(app, release, user)
            os.chown(place, uid, account.pw_gid if own else uid)


def start(app: App, release: Release) -> None:
    """Start every instance, and wait for what Docker does before the app itself begins.

    Who knocks at a published port before its container has a network waits a second for ARP.
    """
    instances.start(app, release)
    deadline = time.monotonic() + DOCKER_SECONDS
    supervisor = supervisors.of(release)
    for unit in app.units(release):
        while not is_up(unit) and not supervisor.ended(unit) and time.monotonic() < deadline:
            time.sleep(0.02)


def container_of(unit: str) -> str:
    """The name of the container that a unit follows."""
    return unit[: -len(".service")]


def is_up(unit: str) -> bool:
    """True when a container runs."""
    asked = ["docker", "container", "inspect", "-f", "{{.State.Running}}", container_of(unit)]
    return system.run(asked).output.strip() == "true"


def kill(unit: str) -> None:
    """End a container that hangs, if the unit has one: killing who follows it would not."""
    if FOLLOW.encode() in (system.read(f"/etc/systemd/system/{unit}") or b""):
        system.run(["docker", "kill", container_of(unit)])


def once(app: App, release: Release, spec: Spec, command: str) -> "tuple[int, str]":
    """Run a command in a container of its own; its exit code and what it wrote."""
    _make_uploads(app, release, spec, images.settings(app, release))
    units.write_environment(app, release, spec)
    chosen = [
        *confinement.options(app, release, spec),
        "--rm",
        "--log-driver=none",
        f"--name={app.user}-{release.number}-once",
        "--entrypoint=sh",
    ]
    words = ["docker", "run", *chosen, images.name(app, release.source), "-euc", command]
    try:
        done = subprocess.run(
            words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=receive.BUILD_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as late:
        return 124, (late.stdout or b"").decode("utf-8", "replace")
    return done.returncode, done.stdout.decode("utf-8", "replace")


def likely(error: StepError, app: App, release: Release, spec: Spec) -> str:
    """What a container that did not start probably lacks; nothing when nothing is known."""
    if not is_one(spec):
        return ""
    said = f"{error.problem}\n{error.output}"
    if "Read-only file system" in said or "EROFS" in said:
        return "it writes into its own container: name the folder in scratch (emptied) or uploads"
    if "closed connection" in said or "reset by peer" in said or "hangs up" in said:
        port = confinement.port(images.settings(app, release), spec)
        return f"in its container it has to listen on 0.0.0.0:{port}"
    return ""


def prune(app: App, kept: Set[int]) -> None:
    """Take away what no release of this app needs any more: images and stray containers."""
    if not shutil.which("docker"):
        return
    images.forget(app, kept)
    listed = ["docker", "ps", "--all", f"--filter=label=seawall.app={app.name}"]
    for name in system.run([*listed, "--format={{.Names}}"]).output.split():
        if name.startswith(f"app-{app.name}-") and not os.path.exists(
            f"/etc/systemd/system/{name}.service"
        ):
            system.run(["docker", "rm", "--force", "--volumes", name])
