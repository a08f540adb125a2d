"""What the lab remembers of its servers, and the files `ssh -F` needs to reach them.

Everything lives in one folder that only its owner can enter: a key, one record per server,
`ssh_config` and `known_hosts`. The two ssh files are written anew from the records after each
change, so they never name a server that is gone.
"""

import fcntl
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from platformdirs import user_cache_path, user_state_path

from seawall.errors import SeawallError

PATHS = {"key", "ssh_config"}


@dataclass(frozen=True)
class LabServer:
    """A disposable server: how to reach it, what it is, and what was added here for it."""

    name: str
    address: str
    address6: str
    key: Path
    ssh_config: Path
    release: str
    init: str
    user: str
    password: str | None
    """Only of a sudo user who must type one."""
    containers: bool
    interface: str
    """Name of this machine's end of the cable."""
    base: str
    rules: tuple[tuple[str, ...], ...]
    """Commands that take away the firewall rules made for it here."""

    @property
    def folder(self) -> Path:
        return folder_of(self.name)

    @property
    def root(self) -> Path:
        return self.folder / "root"

    @property
    def log(self) -> Path:
        """What its console said; it outlives a server that never came up."""
        return home() / "logs" / f"{self.name}.log"


def home() -> Path:
    """The lab's folder: $SEAWALL_LAB_HOME, or `lab` in Seawall's state folder."""
    given = os.environ.get("SEAWALL_LAB_HOME")
    path = Path(given).absolute() if given else user_state_path("seawall") / "lab"
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.chmod(0o700)
    return path


def cache() -> Path:
    """Where base disks and downloaded packages are kept for the next server."""
    given = os.environ.get("SEAWALL_LAB_CACHE")
    path = Path(given).absolute() if given else user_cache_path("seawall") / "lab"
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def folder_of(name: str) -> Path:
    return home() / "servers" / name


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a file's lock: the second comer waits."""
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def ssh_key() -> Path:
    """The lab's private key, made on first use."""
    path = home() / "id_ed25519"
    with locked(home() / "lock"):
        if not path.exists():
            make = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "seawall-lab", "-f"]
            subprocess.run([*make, str(path)], check=True, stdin=subprocess.DEVNULL)
    return path


def servers() -> list[LabServer]:
    """Every server of this lab, running or not, by name."""
    found = sorted((home() / "servers").glob("*/server.json"))
    return [server for path in found if (server := _load(path))]


def find(name: str) -> LabServer:
    """The server of that name, or a SeawallError that lists those there are."""
    server = _load(folder_of(name) / "server.json")
    if server is None:
        names = ", ".join(other.name for other in servers()) or "none yet"
        raise SeawallError(f"lab: no server named {name}", f"the lab has: {names}")
    return server


def save(server: LabServer) -> None:
    """Write the record whole or not at all, readable by its owner only."""
    write_private(
        server.folder / "server.json", json.dumps(asdict(server), default=str, indent=2) + "\n"
    )
    write_ssh_files()


def forget(server: LabServer) -> None:
    """Delete the record and the disk; `ssh -F` no longer knows the name."""
    (server.folder / "server.json").unlink(missing_ok=True)
    write_ssh_files()
    shutil.rmtree(server.folder)


def write_private(path: Path, text: str) -> None:
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
    fresh.replace(path)


def write_ssh_files() -> None:
    with locked(home() / "lock"):
        known = servers()
        write_private(home() / "known_hosts", "".join(map(_known_hosts, known)))
        write_private(home() / "ssh_config", "\n".join(map(_host_entry, known)))


def _load(path: Path) -> LabServer | None:
    try:
        stored: dict[str, Any] = json.loads(path.read_text())
    except FileNotFoundError:
        return None
    values = {field.name: stored[field.name] for field in fields(LabServer)}
    values |= {name: Path(values[name]) for name in PATHS}
    return LabServer(**values | {"rules": tuple(map(tuple, values["rules"]))})


def _known_hosts(server: LabServer) -> str:
    keys = server.folder / "host_keys"
    if not keys.exists():
        return ""
    names = f"{server.name},{server.address},{server.address6}"
    return "".join(f"{names} {line}\n" for line in keys.read_text().splitlines())


def _host_entry(server: LabServer) -> str:
    settings = {
        "HostName": server.address,
        "User": server.user,
        "IdentityFile": f'"{server.key}"',
        "IdentitiesOnly": "yes",
        "UserKnownHostsFile": f'"{server.ssh_config.with_name("known_hosts")}"',
        "GlobalKnownHostsFile": "/dev/null",
        "StrictHostKeyChecking": "accept-new",
    }
    return f"Host {server.name}\n" + "".join(f"  {k} {v}\n" for k, v in settings.items())
