"""A release's code: received as a tar archive, unpacked safely, built by the app's own user."""

from __future__ import annotations

import errno
import os
import pwd
import shutil
import signal
import stat
import subprocess
import tarfile
import zlib
from typing import IO, Any, Dict, List, Optional

from seawall.agent import system
from seawall.agent.apps.records import App, Release
from seawall.agent.system import StepError

BUILD_SECONDS = 1800
"""A build that takes longer than this is hung."""
FULL = 95
"""Percent of the disk that a release may not fill beyond."""
LAST_LINES = 20
UNPACKED = 3
"""How many times larger than its archive the code may be."""
SILENCE = 60
"""Seconds without a byte after which whoever sends is gone."""


def unpack(app: App, release: Release, stream: IO[bytes], size: int) -> None:
    """Put the code in its place; the archive may not reach outside of it."""
    room(app.folder, size * UNPACKED)
    place = app.code(release.number)
    half = f"{place}.half"
    shutil.rmtree(half, ignore_errors=True)
    os.makedirs(half, mode=0o755)
    owner = pwd.getpwnam(app.user)
    os.chown(half, owner.pw_uid, owner.pw_gid)  # no archive of git's has it as a member
    try:
        archive = Limited(stream, size)
        _extract_all(archive, half, (owner.pw_uid, owner.pw_gid))
        archive.rest()
    except BaseException:
        shutil.rmtree(half, ignore_errors=True)
        raise
    shutil.rmtree(place, ignore_errors=True)
    os.rename(half, place)


def _extract_all(archive: "Limited", place: str, owner: "tuple[int, int]") -> None:
    try:
        with tarfile.open(fileobj=archive, mode="r|gz") as tar:  # type: ignore[call-overload]
            for member in tar:
                if member.size > 2**20:
                    room(place, member.size)
                extract(tar, member, place, owner)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StepError("the disk is full") from error
        raise StepError(f"the code did not arrive whole: {error}") from error
    except (tarfile.TarError, EOFError, ValueError, zlib.error) as error:
        raise StepError(f"the code did not arrive whole: {error}") from error


class Limited:
    """A stream that ends after so many bytes, so that what follows is not read.

    EOFError when it ends before, or nothing comes for a minute: whoever sent it may be gone
    without a word, and the lock must not wait for them.
    """

    def __init__(self, stream: IO[bytes], size: int) -> None:
        self._stream = stream
        self._left = size

    def read(self, count: int = -1) -> bytes:
        """Read, but not beyond the end."""
        count = self._left if count < 0 else min(count, self._left)
        before = signal.signal(signal.SIGALRM, _silent)
        signal.alarm(SILENCE)
        try:
            content = self._stream.read(count)
        finally:
            signal.alarm(0)
            signal.signal(signal.SIGALRM, before)
        if len(content) < count:
            raise EOFError("the connection ended")
        self._left -= len(content)
        return content

    def rest(self) -> None:
        """Read and forget what an archive's padding left."""
        while self._left:
            self.read(min(self._left, 65536))


def _silent(number: int, frame: object) -> None:
    raise EOFError(f"nothing came for {SILENCE} s")


def extract(
    tar: tarfile.TarFile, member: tarfile.TarInfo, place: str, owner: "tuple[int, int]"
) -> None:
    """One file, folder or link; nothing that leaves the folder, no devices, no special modes."""
    target = os.path.normpath(os.path.join(place, member.name))
    inside = target == place or target.startswith(place + os.sep)
    if not inside or not (member.isfile() or member.isdir() or member.issym()):
        raise tarfile.TarError(f"{member.name!r} does not belong in a release")
    if member.issym() and not _stays_inside(member.linkname, os.path.dirname(target), place):
        raise tarfile.TarError(f"{member.name!r} points out of the release")
    if os.path.realpath(os.path.dirname(target)) != os.path.dirname(target):
        raise tarfile.TarError(f"{member.name!r} lies behind a link")
    if os.path.islink(target):
        os.unlink(target)
    member.uid, member.gid = owner
    member.uname = member.gname = ""
    member.mode = 0o755 if member.isdir() or member.mode & 0o100 else 0o644
    tar.extract(member, place, set_attrs=True)


def _stays_inside(link: str, folder: str, place: str) -> bool:
    """A link is followed through other links: `..` behind a name may leave what it seems to."""
    words = link.split("/")
    names = [at for at, word in enumerate(words) if word not in ("", ".", "..")]
    climbs = [at for at, word in enumerate(words) if word == ".."]
    if os.path.isabs(link) or (names and climbs and climbs[-1] > names[0]):
        return False
    end = os.path.normpath(os.path.join(folder, link))
    return end == place or end.startswith(place + os.sep)


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
    for command in commands:
        code, output = run_as(app, command, place, {k: str(v) for k, v in environment.items()})
        if code != 0:
            tail = "\n".join(output.splitlines()[-LAST_LINES:])
            raise StepError(f"{command!r} failed, exit code {code}", tail)
        room(app.folder, 0)
    close(place, pwd.getpwnam(app.user).pw_gid)


def close(place: str, group: int) -> None:
    """Nobody but root may change what is in a release, the app may read all of it, and a power
    cut may not take it away again."""
    for _, folders, names, inside in os.fwalk(place, topdown=False):
        for name in (*folders, *names):
            _close(name, group, inside)
    _close(place, group)
    system.run(["sync", "--file-system", place], seconds=300)


def _close(name: str, group: int, inside: Optional[int] = None) -> None:
    """By an open file: what the build left running cannot put a link in its place."""
    try:
        handle = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=inside)
    except OSError:
        return os.chown(name, 0, group, dir_fd=inside, follow_symlinks=False)
    try:
        mode = os.fstat(handle).st_mode
        os.fchown(handle, 0, group)
        os.fchmod(handle, 0o750 if stat.S_ISDIR(mode) or mode & 0o100 else 0o640)
    finally:
        os.close(handle)
    return None


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
