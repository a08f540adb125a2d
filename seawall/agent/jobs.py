"""Work that outlives the login that asked for it, under whichever init runs.

systemd makes it a unit. Elsewhere it is a session of its own, which no dropped connection reaches;
a lock that the kernel lets go of with it says whether it still lives.
"""

from __future__ import annotations

import fcntl
import subprocess
from shlex import join
from typing import Sequence

from seawall.agent import system

FOLDER = f"{system.RUN}/jobs"


def begin(name: str, argv: Sequence[str], after: Sequence[str] = ()) -> None:
    """Start a job; `after` runs when it has ended, however it ended. StepError."""
    if system.has_systemd():
        settle = [f"--property=ExecStopPost={join(after)}"] if after else []
        unit = ["systemd-run", "--quiet", "--collect", f"--unit={name}", *settle]
        system.must([*unit, *argv])
        return
    words = ["/bin/sh", "-c", f"{join(argv)}; exec {join(after)} </dev/null"] if after else argv
    _apart(name, words)


def _apart(name: str, argv: Sequence[str]) -> None:
    """A session of its own, whose stdin is the lock that says that it lives."""
    for folder in (system.RUN, FOLDER):
        system.private_folder(folder)
    nothing = subprocess.DEVNULL
    with open(f"{FOLDER}/{name}", "a+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        subprocess.Popen(
            list(argv),
            stdin=lock,
            stdout=nothing,
            stderr=nothing,
            cwd="/",
            env=system.ENVIRONMENT,
            start_new_session=True,
        )


def lives(name: str) -> bool:
    """True while the job of this name is there."""
    if system.has_systemd():
        return system.run(["systemctl", "is-active", "--quiet", f"{name}.service"]).code == 0
    return is_held(f"{FOLDER}/{name}")


def is_held(path: str) -> bool:
    """True while somebody holds the lock on this file."""
    try:
        with open(path) as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False
