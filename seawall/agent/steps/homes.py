"""Key files in people's homes, which their owners arrange as they like: links, pipes, anything.

Root reads and removes them only by folders it has opened, never through a link, and writes as
the owner: nothing laid out in a home turns root on another file.
"""

from __future__ import annotations

import os
import pwd
import stat
import sys
import traceback
from contextlib import contextmanager
from typing import Callable, Iterator, Optional

from seawall.agent import system

FOLDER, FILE = ".ssh", "authorized_keys"
READ = os.O_RDONLY | os.O_NONBLOCK
NO_FILE = b"(not a file)"
LONGEST = 1024 * 1024
"""More bytes of keys than this are nobody's keys."""


def keys_path(name: str) -> str:
    """Where sshd looks for the keys of an account."""
    return f"{pwd.getpwnam(name).pw_dir}/{FOLDER}/{FILE}"


def read_keys(name: str) -> Optional[bytes]:
    """What is in the key file; None when there is none, NO_FILE for whatever else is there."""
    try:
        with _ssh_folder(name) as folder:
            handle = os.open(FILE, READ | _links(name), dir_fd=folder)
    except FileNotFoundError:
        return None
    except OSError:
        return NO_FILE
    with os.fdopen(handle, "rb") as file:
        mode = os.fstat(handle).st_mode
        if stat.S_ISDIR(mode):
            return None  # sshd reads no keys out of a folder
        content = file.read(LONGEST) if stat.S_ISREG(mode) else NO_FILE
    return NO_FILE if b"\0" in content else content


def owner_of(path: str) -> Optional[str]:
    """Whose key file this is, or None when it is none."""
    if not path.endswith(f"/{FOLDER}/{FILE}"):
        return None
    home = path[: -len(f"/{FOLDER}/{FILE}")]
    return next((each.pw_name for each in pwd.getpwall() if each.pw_dir == home), None)


def write_keys(name: str, content: bytes) -> None:
    """Replace the key file; what stands in the way of its folder is cleared away."""
    account = pwd.getpwnam(name)
    _make_way(account)
    ownership = system.Ownership(0o600, account.pw_uid, account.pw_gid)
    as_user(name, lambda: system.write(keys_path(name), content, ownership))


def remove_keys(name: str) -> None:
    """Remove the key file, whoever it belongs to; a link goes, not what it points to."""
    try:
        with _ssh_folder(name) as folder:
            os.unlink(FILE, dir_fd=folder)
            os.fsync(folder)
    except (FileNotFoundError, IsADirectoryError):
        return
    except OSError:  # .ssh itself is a link, or a file
        with _opened(pwd.getpwnam(name).pw_dir) as home:
            os.unlink(FOLDER, dir_fd=home)


def _make_way(account: pwd.struct_passwd) -> None:
    """A folder for keys that is one, and belongs to its owner."""
    with _opened(account.pw_dir) as home:
        if not stat.S_ISDIR(_mode(home)):
            _clear(home)
            os.mkdir(FOLDER, 0o700, dir_fd=home)
        handle = os.open(FOLDER, READ | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=home)
        try:
            os.fchown(handle, account.pw_uid, account.pw_gid)
            os.fchmod(handle, 0o700)
        finally:
            os.close(handle)


def _links(name: str) -> int:
    """Links are followed in root's own home only."""
    return 0 if pwd.getpwnam(name).pw_uid == 0 else os.O_NOFOLLOW


def _mode(home: int) -> int:
    try:
        return os.lstat(FOLDER, dir_fd=home).st_mode
    except FileNotFoundError:
        return 0


def _clear(home: int) -> None:
    try:
        os.unlink(FOLDER, dir_fd=home)
    except FileNotFoundError:
        pass


@contextmanager
def _ssh_folder(name: str) -> Iterator[int]:
    with _opened(pwd.getpwnam(name).pw_dir) as home:
        folder = os.open(FOLDER, READ | os.O_DIRECTORY | _links(name), dir_fd=home)
    try:
        yield folder
    finally:
        os.close(folder)


@contextmanager
def _opened(path: str) -> Iterator[int]:
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield handle
    finally:
        os.close(handle)


def as_user(name: str, action: Callable[[], object]) -> None:
    """Do something in a home as its owner, so that a link laid there cannot turn it on root."""
    account = pwd.getpwnam(name)
    child = os.fork()
    if child:
        if os.waitpid(child, 0)[1] != 0:
            raise system.StepError(f"could not write in the home of {name}")
        return
    try:
        os.setgroups([])
        os.setgid(account.pw_gid)
        os.setuid(account.pw_uid)
        action()
    except BaseException:
        traceback.print_exc(file=sys.stderr)
        os._exit(1)
    os._exit(0)
