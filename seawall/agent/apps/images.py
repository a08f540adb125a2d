"""The images of an app's releases: built here from its code or pulled, named, counted, forgotten.

Each is seawall/APP:RELEASE. Only these names are ever taken away; layers that others use stay.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tarfile
from typing import Any, Dict, Iterator, List, Set

from seawall.agent import system
from seawall.agent.apps import receive
from seawall.agent.apps.records import App, Release
from seawall.agent.system import StepError

PULL_SECONDS = 1800
ROOT = "/var/lib/docker"
NOISE = re.compile(r"^#\d+ (?=(sha256:|\[internal\]|DONE|CACHED|transferring))|^$")
"""Lines of a build that say nothing about why it failed."""


def name(app: App, number: int) -> str:
    """The image of a release's code."""
    return f"seawall/{app.name}:{number}"


def prepare(app: App, release: Release, spec: Dict[str, Any]) -> None:
    """Build or pull the image of a release; StepError with the last lines when it fails."""
    receive.room(ROOT if os.path.isdir(ROOT) else "/var/lib", _likely_size(app))
    if spec.get("image"):
        _pull(app, release, spec["image"])
    else:
        _build(app, release, spec)


def _likely_size(app: App) -> int:
    """Bytes that one more image may take: as much as the largest there is."""
    shown = system.run(["docker", "image", "inspect", "-f", "{{.Size}}", *_there(app)]).output
    return max([int(size) for size in shown.split()], default=0)


def _there(app: App) -> List[str]:
    listed = [
        "docker",
        "image",
        "ls",
        "--format",
        "{{.Repository}}:{{.Tag}}",
        f"seawall/{app.name}",
    ]
    return system.run(listed).output.split()


def _build(app: App, release: Release, spec: Dict[str, Any]) -> None:
    place = app.code(release.number)
    context = os.path.normpath(os.path.join(place, spec["build"]))
    if not os.path.isfile(f"{context}/Dockerfile"):
        raise StepError(f"no Dockerfile in {spec['build']} of what was committed")
    given = [f"--build-arg={key}={value}" for key, value in spec.get("build_env", {}).items()]
    command = ["docker", "build", "--progress=plain", f"--tag={name(app, release.number)}"]
    code, output = _call([*command, *given, context], receive.BUILD_SECONDS)
    if code != 0:
        raise StepError(f"docker build failed, exit code {code}", _last(output))
    shutil.rmtree(place)
    os.makedirs(place, mode=0o750)  # its code is in the image; the folder stands for it


def _pull(app: App, release: Release, reference: str) -> None:
    code, output = _call(["docker", "pull", "--quiet", reference], PULL_SECONDS)
    there = system.run(["docker", "image", "inspect", reference]).code == 0
    if code != 0 and not there:
        raise StepError(f"the image {reference} cannot be had", _last(output))
    system.must(["docker", "tag", reference, name(app, release.number)])
    os.makedirs(app.code(release.number), mode=0o750, exist_ok=True)


def _call(command: List[str], seconds: float) -> "tuple[int, str]":
    environment = {**system.ENVIRONMENT, "DOCKER_BUILDKIT": "1"}
    try:
        done = subprocess.run(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=seconds,
            check=False,
        )
    except FileNotFoundError as error:
        raise StepError("Docker is not on this server; seawall apply brings it") from error
    except subprocess.TimeoutExpired as late:
        return 124, (late.stdout or b"").decode("utf-8", "replace")
    return done.returncode, done.stdout.decode("utf-8", "replace")


def _last(output: str) -> str:
    told = [line for line in output.splitlines() if not NOISE.match(line)]
    return "\n".join(told[-receive.LAST_LINES :])


def settings(app: App, release: Release) -> Dict[str, Any]:
    """What the image of a release says of itself; StepError when it is gone."""
    found = system.run(["docker", "image", "inspect", name(app, release.source)])
    if found.code != 0:
        raise StepError(f"the image of release {release.source} is not here any more", found.errors)
    return dict(json.loads(found.output)[0]["Config"])


def owner_of(app: App, release: Release, user: str) -> int:
    """The number of a user that an image names; root where it does not say."""
    who = user.partition(":")[0]
    if who.isdigit():
        return int(who)
    for line in _passwords(name(app, release.source)):
        fields = line.split(":")
        if fields[0] == who and len(fields) > 2:
            return int(fields[2])
    return 0


def _passwords(image: str) -> Iterator[str]:
    """The lines of an image's /etc/passwd, read without running it."""
    made = system.must(["docker", "create", "--network=none", image, "x"]).strip()
    try:
        with (
            subprocess.Popen(
                ["docker", "cp", f"{made}:/etc/passwd", "-"], stdout=subprocess.PIPE
            ) as copying,
            tarfile.open(fileobj=copying.stdout, mode="r|") as tar,
        ):
            for member in tar:
                file = tar.extractfile(member)
                yield from (file.read(1 << 20).decode("utf-8", "replace") if file else "").split(
                    "\n"
                )
    except tarfile.TarError:
        return
    finally:
        system.run(["docker", "rm", "--force", "--volumes", made])


def forget(app: App, kept: Set[int]) -> None:
    """Take away the images of this app but for those of these releases."""
    for image in _there(app):
        tag = image.rpartition(":")[2]
        if tag.isdigit() and int(tag) not in kept:
            system.run(["docker", "image", "rm", image])
