"""Who we are on a server: the login that worked last, remembered on this machine.

Hardening closes root's door, so the login that was used for the first apply is not the one for
the next. Nothing secret is kept.
"""

import json
import os
from pathlib import Path
from typing import NamedTuple

from seawall import early


def _path() -> Path:
    return Path(early.state_folder(), "logins.json")


class Login(NamedTuple):
    """A user, and the port sshd listens on (None: whatever ssh_config says)."""

    user: str
    port: int | None


def remembered(host: str) -> Login | None:
    """The login that worked last time, if any."""
    match _all().get(host):
        case [str(user), int() | None as port]:
            return Login(user, port)
    return None


def remember(host: str, login: Login) -> None:
    """Note the login that worked."""
    known = _all()
    if known.get(host) == list(login):
        return
    path = _path()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    fresh.write_text(json.dumps({**known, host: list(login)}, indent=1))
    fresh.replace(path)


def _all() -> dict[str, object]:
    try:
        known = json.loads(_path().read_text())
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}
