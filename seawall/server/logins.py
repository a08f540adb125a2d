"""Who we are on a server: the login that worked last, remembered on this machine.

Hardening closes root's door, so the login that was used for the first apply is not the one for
the next. Nothing secret is kept.
"""

import json
import os
from pathlib import Path

import platformdirs


def _path() -> Path:
    return platformdirs.user_state_path("seawall") / "logins.json"


def remembered(host: str) -> str | None:
    """The user that got in last time, if any."""
    user = _all().get(host)
    return user if isinstance(user, str) else None


def remember(host: str, user: str) -> None:
    """Note the user that got in."""
    known = _all()
    if known.get(host) == user:
        return
    path = _path()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    fresh.write_text(json.dumps({**known, host: user}, indent=1))
    fresh.replace(path)


def _all() -> dict[str, object]:
    try:
        known = json.loads(_path().read_text())
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}
