"""The agent's hands: run a program, read a file, replace a file so that it is never half there."""

from __future__ import annotations

import os
import stat
import subprocess
import tempfile
from typing import Callable, NamedTuple, Optional, Sequence

STATE = "/var/lib/seawall"
"""What must survive a reboot: journal, guard, jobs. Root only."""
RUN = "/run/seawall"
"""What must not: the lock."""
ORIGINALS = "/var/backups/seawall"
"""The first version of every file we replaced; stays when Seawall is removed."""
ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "LC_ALL": "C.UTF-8",
    "HOME": "/root",
    "DEBIAN_FRONTEND": "noninteractive",
    "NEEDRESTART_MODE": "l",
    "UCF_FORCE_CONFFOLD": "1",
}


class StepError(Exception):
    """A step could not be made true: what went wrong and the last lines that were said."""

    def __init__(self, problem: str, output: str = "") -> None:
        super().__init__(problem)
        self.problem = problem
        self.output = output


class Result(NamedTuple):
    """How a program ended. `output` is stdout, `errors` is stderr."""

    code: int
    output: str
    errors: str


def run(argv: Sequence[str], stdin: str = "", seconds: float = 60) -> Result:
    """Run a program without a shell; code 127 when it does not exist, 124 when it took too long."""
    try:
        done = subprocess.run(
            list(argv),
            input=stdin.encode(),
            capture_output=True,
            timeout=seconds,
            env=ENVIRONMENT,
            check=False,
        )
    except FileNotFoundError:
        return Result(127, "", f"{argv[0]}: not found")
    except subprocess.TimeoutExpired:
        return Result(124, "", f"{argv[0]}: no end after {seconds:g} s")
    return Result(done.returncode, _text(done.stdout), _text(done.stderr))


def must(argv: Sequence[str], stdin: str = "", seconds: float = 60) -> str:
    """Run a program that has to succeed; StepError with what it said when it does not."""
    result = run(argv, stdin, seconds)
    if result.code != 0:
        problem = f"{' '.join(argv[:3])} failed, exit code {result.code}"
        raise StepError(problem, result.errors.strip() or result.output.strip())
    return result.output


def has_systemd() -> bool:
    """True where systemd is process 1."""
    return os.path.isdir("/run/systemd/system")


def start_apart(name: str, argv: Sequence[str]) -> None:
    """Start a program that outlives whoever asked, and whatever started them; StepError.

    systemd ends all that belongs to a unit together, so there it becomes a unit of its own.
    """
    if has_systemd():
        must(["systemd-run", "--quiet", "--collect", f"--unit={name}", *argv])
        return
    nothing = subprocess.DEVNULL
    subprocess.Popen(
        list(argv),
        stdin=nothing,
        stdout=nothing,
        stderr=nothing,
        cwd="/",
        env=ENVIRONMENT,
        start_new_session=True,
    )


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")


def read(path: str) -> Optional[bytes]:
    """The bytes of a regular file, or None when there is none (a link is not followed)."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return None
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            return None
        return file.read()


class Ownership(NamedTuple):
    """Who owns a file, and who may read it."""

    mode: int
    uid: int
    gid: int


def write(
    path: str,
    content: bytes,
    ownership: Ownership,
    validate: Optional[Callable[[str], None]] = None,
) -> None:
    """Replace a file: whole or not at all, never readable by others for a moment.

    The new content is written beside the old (0600), `validate` may refuse it by raising, then
    it gets owner and mode, reaches the disk, and takes the place of the old by a rename.
    """
    folder = os.path.dirname(path)
    handle, temporary = tempfile.mkstemp(prefix=".seawall-", dir=folder)  # mkstemp makes it 0600
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if validate:
            validate(temporary)
        if os.geteuid() == 0:
            os.chown(temporary, ownership.uid, ownership.gid)
        os.chmod(temporary, ownership.mode)
        os.rename(temporary, path)
    except BaseException:
        _forget(temporary)
        raise
    sync_folder(folder)


def _forget(path: str) -> None:
    try:
        os.unlink(path)
    except FileNotFoundError:
        pass


def sync_folder(folder: str) -> None:
    """Make a rename or removal in this folder survive a power cut."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def remove(path: str) -> None:
    """Remove a file or link, if it is there."""
    _forget(path)
    if os.path.isdir(os.path.dirname(path)):
        sync_folder(os.path.dirname(path))


def private_folder(path: str) -> None:
    """Make a folder that only root can enter."""
    os.makedirs(path, exist_ok=True)
    os.chmod(path, 0o700)  # makedirs' mode is subject to the umask


def keep_original(path: str) -> None:
    """Save the first version of a file before it is replaced, readable by root only."""
    saved = ORIGINALS + path
    content = read(path)
    if content is None or os.path.exists(saved):
        return
    private_folder(ORIGINALS)
    os.makedirs(os.path.dirname(saved), exist_ok=True)
    write(saved, content, Ownership(0o600, 0, 0))
