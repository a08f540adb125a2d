"""OpenSSH as the transport: the user's own configuration, agent, jump hosts and known hosts."""

import os
import re
import stat
import subprocess
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from seawall.errors import HostKeyChanged, SeawallError, Unreachable

CONNECT_SECONDS = 8
"""How long a server may take to answer; the whole command gives up within ten."""
PERSIST_SECONDS = 60
"""How long an idle connection stays open for the next command."""

LONGEST_FOLDER = 45
"""A socket's path has room for 103 characters on macOS, where temporary folders are deep: 58 of
them are the name that ssh gives it, and what it appends while it is made."""


@cache
def settings(host: str) -> Mapping[str, str]:
    """What ssh would do for a host, as `ssh -G` says: hostname, user, port, proxyjump …"""
    shown = subprocess.run(
        ["ssh", *config_file(), "-G", "--", host], capture_output=True, text=True, check=False
    )
    if shown.returncode != 0:
        raise Unreachable(f"ssh does not understand {host}: {shown.stderr.strip()}")
    pairs = (line.partition(" ") for line in shown.stdout.splitlines())
    return {key: value for key, _, value in pairs}


def config_file() -> list[str]:
    """The ssh_config to use instead of the user's own, from SEAWALL_SSH_CONFIG."""
    path = os.environ.get("SEAWALL_SSH_CONFIG")
    return ["-F", path] if path else []


def options(host: str, *, shared: bool) -> list[str]:
    """Options for a connection that asks nothing and hangs nowhere.

    A host seen for the first time is written to known_hosts, unless the user is stricter; one
    that answers with another key is always refused. A `shared` connection is kept for a minute.
    """
    chosen = {
        "BatchMode": "yes",
        "ConnectTimeout": str(CONNECT_SECONDS),
        "ServerAliveInterval": "5",
        "ServerAliveCountMax": "3",
    }
    if settings(host).get("stricthostkeychecking") in ("ask", "false"):
        chosen["StrictHostKeyChecking"] = "accept-new"
    folder = control_folder()
    if shared and folder:
        chosen |= {"ControlMaster": "auto", "ControlPath": f"{folder}/%C"}
        chosen["ControlPersist"] = str(PERSIST_SECONDS)
    else:
        chosen |= {"ControlMaster": "no", "ControlPath": "none"}
    return [word for key, value in chosen.items() for word in ("-o", f"{key}={value}")]


@cache
def control_folder() -> Path | None:
    """A private folder for sockets, or None."""
    for place in (tempfile.gettempdir(), "/tmp"):  # noqa: S108  # _private judges what is there
        folder = Path(place) / f"seawall-{os.getuid()}"
        if len(str(folder)) <= LONGEST_FOLDER and _private(folder):
            return folder
    return None


def _private(folder: Path) -> bool:
    """True when it could be made, or is there, and only we can enter it."""
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        seen = folder.lstat()
    except OSError:
        return False
    ours = stat.S_ISDIR(seen.st_mode) and seen.st_uid == os.getuid()
    return ours and stat.S_IMODE(seen.st_mode) == 0o700


def wrong_login(said: str) -> bool:
    """True when the server answered, but does not know this user with our keys."""
    return bool(re.search(r"Permission denied|Too many authentication failures", said))


def error(name: str, target: str, said: str) -> SeawallError:
    """What ssh's words mean for the user."""
    last = said.strip().splitlines()[-1] if said.strip() else "the connection was closed"
    if "HOST IDENTIFICATION HAS CHANGED" in said:
        return HostKeyChanged(
            f"{name}: the host key of {target} is not the one you know",
            "if the server was made anew: ssh-keygen -R HOST, then compare the new key with the "
            "one your provider's console shows. If not, somebody may be in between: stop here",
        )
    if "Host key verification failed" in said:
        return HostKeyChanged(
            f"{name}: the host key of {target} is not in your known_hosts",
            f"your ssh settings want it there first: ssh {target}",
        )
    if wrong_login(said):
        return Unreachable(
            f"{name}: {target} does not let us in: {last}",
            "is your key in the agent (ssh-add -l), and on the server (ssh-copy-id)?",
        )
    return Unreachable(f"{name}: {target} does not answer: {last}", f"try it by hand: ssh {target}")
