"""A release's code: received as a tar archive, unpacked safely, built by the app's own user."""

from __future__ import annotations

import os
import shutil
import subprocess
import tarfile
from typing import IO, Any, Dict, List

from seawall.agent import system
from seawall.agent.apps.records import App, Release
from seawall.agent.system import StepError

BUILD_SECONDS = 1800
"""A build that takes longer than this is hung."""
FULL = 95
"""Percent of the disk that a release may not fill beyond."""
LAST_LINES = 20


def unpack(app: App, release: Release, stream: IO[bytes], size: int) -> None:
    """Put the code in its place; the archive may not reach outside of it."""
    room(app.folder, size * 3)
    place = app.code(release.number)
    half = f"{place}.half"
    shutil.rmtree(half, ignore_errors=True)
    os.makedirs(half, mode=0o755)
    archive = Limited(stream, size)
    try:
        with tarfile.open(fileobj=archive, mode="r|gz") as tar:  # type: ignore[call-overload]
            for member in tar:
                _extract(tar, member, half)
    except (tarfile.TarError, EOFError, OSError) as error:
        shutil.rmtree(half, ignore_errors=True)
        raise StepError(f"the code did not arrive whole: {error}") from error
    archive.rest()
    os.rename(half, place)


class Limited:
    """A stream that ends after so many bytes, so that what follows is not read."""

    def __init__(self, stream: IO[bytes], size: int) -> None:
        self._stream = stream
        self._left = size

    def read(self, count: int = -1) -> bytes:
        """Read, but not beyond the end."""
        count = self._left if count < 0 else min(count, self._left)
        content = self._stream.read(count)
        if len(content) < count:
            raise EOFError("the connection ended")
        self._left -= len(content)
        return content

    def rest(self) -> None:
        """Read and forget what an archive's padding left."""
        while self._left:
            self.read(min(self._left, 65536))


def _extract(tar: tarfile.TarFile, member: tarfile.TarInfo, place: str) -> None:
    """One file, folder or link; nothing that leaves the folder, no devices, no owners."""
    target = os.path.normpath(os.path.join(place, member.name))
    inside = target == place or target.startswith(place + os.sep)
    if not inside or not (member.isfile() or member.isdir() or member.issym()):
        raise tarfile.TarError(f"{member.name!r} does not belong in a release")
    if member.issym():
        end = os.path.normpath(os.path.join(os.path.dirname(target), member.linkname))
        if os.path.isabs(member.linkname) or not end.startswith(place + os.sep):
            raise tarfile.TarError(f"{member.name!r} points out of the release")
    if os.path.realpath(os.path.dirname(target)) != os.path.dirname(target):
        raise tarfile.TarError(f"{member.name!r} lies behind a link")
    member.uid = member.gid = 0
    member.uname = member.gname = "root"
    member.mode = 0o755 if member.isdir() or member.mode & 0o100 else 0o644
    tar.extract(member, place, set_attrs=True)


def room(folder: str, more: int) -> None:
    """Refuse to fill the disk; `more` is in bytes."""
    seen = os.statvfs(folder)
    whole = seen.f_blocks * seen.f_frsize
    left = seen.f_bavail * seen.f_frsize - more
    if whole and left < whole * (100 - FULL) / 100:
        free = seen.f_bavail * seen.f_frsize // 2**20
        raise StepError(f"the disk would be more than {FULL} % full; {free} MiB are free")


def build(app: App, release: Release, commands: List[str], environment: Dict[str, Any]) -> None:
    """Run the build commands in the release's folder, as the app's user, without secrets."""
    place = app.code(release.number)
    system.must(["chown", "-R", f"{app.user}:{app.user}", place], seconds=300)
    for command in commands:
        code, output = run_as(app, command, place, {k: str(v) for k, v in environment.items()})
        if code != 0:
            tail = "\n".join(output.splitlines()[-LAST_LINES:])
            raise StepError(f"{command!r} failed, exit code {code}", tail)
    system.must(["chown", "-R", f"root:{app.user}", place], seconds=300)
    system.must(["chmod", "-R", "u=rwX,g=rX,o=", place], seconds=300)
    os.chmod(place, 0o750)


def run_as(app: App, command: str, place: str, environment: Dict[str, str]) -> "tuple[int, str]":
    """Run a command as the app's user; its exit code and what it wrote."""
    known = {
        "PATH": system.ENVIRONMENT["PATH"],
        "HOME": f"{app.folder}/home",
        "LANG": "C.UTF-8",
        **environment,
    }
    os.makedirs(known["HOME"], mode=0o700, exist_ok=True)
    shutil.chown(known["HOME"], app.user, app.user)
    who = ["setpriv", "--reuid", app.user, "--regid", app.user, "--clear-groups"]
    try:
        done = subprocess.run(
            [*who, "--no-new-privs", "sh", "-euc", command],
            cwd=place,
            env=known,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=BUILD_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as late:
        return 124, (late.stdout or b"").decode("utf-8", "replace")
    return done.returncode, done.stdout.decode("utf-8", "replace")
