"""The key of a project: no person's, kept outside the repository, readable by its owner alone.

It is for CI (SEAWALL_SECRETS_KEY), for the drawer, and for whoever has a key that age cannot use.
A file of it is one that `age -i` takes.
"""

import hashlib
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from seawall.errors import ConfigError, SeawallError
from seawall.secrets import seal

VARIABLE = "SEAWALL_SECRETS_KEY"
READER = "project"
"""What the key is called among the readers."""


def folder() -> Path:
    """Where the keys of all projects are kept."""
    from platformdirs import user_data_path

    return user_data_path("seawall") / "keys"


def path(project: str, recipient: str) -> Path:
    """Where the key with this public half is kept; two projects of one name do not collide."""
    return folder() / f"{project}-{hashlib.sha256(recipient.encode()).hexdigest()[:8]}.txt"


def make(project: str) -> tuple[str, Path]:
    """A new key, kept; its public half, and where it is."""
    return keep(project, seal.fresh())


def keep(project: str, identity: str) -> tuple[str, Path]:
    """Keep a key that somebody brought; ConfigError when it is none."""
    recipient = public(identity)
    file = path(project, recipient)
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    day = f"{datetime.now(UTC):%Y-%m-%d}"
    text = f"# Seawall's key to the secrets of {project}, kept here since {day}\n"
    text += f"# public key: {recipient}\n{identity.strip()}\n"
    fresh = file.with_name(f".{file.name}.{os.getpid()}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as new:
        new.write(text)
        os.fsync(new.fileno())
    fresh.replace(file)
    return recipient, file


def public(identity: str) -> str:
    """The public half of what somebody says is a key; it is never shown when it is not."""
    try:
        return seal.public(identity)
    except ValueError:
        raise ConfigError(
            "that is not the key of a project", "it begins with AGE-SECRET-KEY-1"
        ) from None


def found(project: str, recipient: str) -> str | None:
    """The private key of this public half, when this machine has it."""
    named = path(project, recipient)
    for file in (named, *_others(named)):
        if file.is_file():
            return _read(file)
    return None


def _others(named: Path) -> Iterator[Path]:
    """The same key, kept when the project had another name."""
    yield from named.parent.glob(f"*{named.name[-13:]}")


def _read(file: Path) -> str:
    if file.stat().st_mode & 0o077:
        raise SeawallError(f"{file}: others may read this key", f"chmod 600 {file}")
    lines = file.read_text().splitlines()
    return next((line for line in lines if line.startswith("AGE-SECRET-KEY-")), "")
