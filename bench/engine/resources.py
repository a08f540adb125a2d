"""What all contenders look at: the steps of Seawall's default configuration, in everybody's words.

Contents and states are read from the converged server, so that all four describe the same.
"""

import glob
import hashlib
import json
import shlex
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from seawall import lab
from seawall.config import Config
from seawall.lab import LabServer

HERE = Path(__file__).parent
SYSCTL = "/etc/sysctl.d/99-zz-seawall.conf"
PERSON, ADMINS = "dana", "seawall-admin"


@dataclass(frozen=True)
class Content:
    """A file of the server, and a copy of it here."""

    path: str
    local: str
    mode: str
    owner: str
    group: str


@dataclass(frozen=True)
class Resources:
    """The steps, sorted by what they are about; `steps` is how many there are."""

    steps: int
    server: str
    person: str
    admins: str
    packages: list[str]
    files: list[Content]
    units: list[dict[str, Any]]
    settings: list[dict[str, str]]


def of(config: Config, server: LabServer, folder: Path) -> Resources:
    """The resources of a converged server; copies of its files go to `folder`."""
    steps = [step for _, step in config.steps(server.name)]
    found = {type(step).__name__: step for step in steps}
    units = [step.name for step in steps if type(step).__name__ == "Unit"]
    patterns = list(found["Sysctl"].values)  # type: ignore[attr-defined]
    paths = [step.path for step in steps if type(step).__name__ in ("File", "Nft", "SshdConfig")]
    keys = f"/home/{PERSON}/.ssh/authorized_keys"
    owners = dict.fromkeys((*paths, SYSCTL), "root") | {keys: PERSON}
    return Resources(
        steps=len(steps),
        server=server.name,
        person=PERSON,
        admins=ADMINS,
        packages=[name for step in steps for name in getattr(step, "names", ())],
        files=[_content(server, path, owner, folder) for path, owner in owners.items()],
        units=[_unit(server, name) for name in units],
        settings=_settings(server, patterns),
    )


def _content(server: LabServer, path: str, owner: str, folder: Path) -> Content:
    there = server.root / path[1:]
    local = folder / path[1:].replace("/", "_")
    local.write_bytes(there.read_bytes())
    return Content(path, str(local), f"{there.stat().st_mode & 0o7777:04o}", owner, owner)


def _unit(server: LabServer, name: str) -> dict[str, Any]:
    full = name if "." in name else f"{name}.service"
    active = lab.shell(server.name, f"systemctl is-active {full}").stdout.strip()
    return {"name": full, "active": active == "active"}


def _settings(server: LabServer, patterns: list[tuple[str, str]]) -> list[dict[str, str]]:
    """The settings that this server can hold, wildcards written out."""
    paths = " ".join(f"/proc/sys/{key.replace('.', '/')}" for key, _ in patterns)
    shown = lab.shell(server.name, f"grep -s . {paths}; true").stdout.splitlines()
    live = dict(line.split(":", 1) for line in shown)
    held = {
        path.removeprefix("/proc/sys/").replace("/", "."): value
        for key, value in patterns
        for path in live
        if glob.fnmatch.fnmatch(path, f"/proc/sys/{key.replace('.', '/')}") and live[path] == value
    }
    return [{"key": key, "value": value} for key, value in held.items()]


def write(resources: Resources, path: Path) -> None:
    """As pyinfra and ansible read them."""
    path.write_text(json.dumps(asdict(resources)))


def script(resources: Resources) -> str:
    """The batched shell script: what should be true, then the commands of check.sh."""
    states = [
        f"{unit['name']}\n{'active' if unit['active'] else 'inactive'}\nenabled\n"
        for unit in resources.units
    ]
    lists = {
        "server": resources.server,
        "person": resources.person,
        "admins": resources.admins,
        "packages": " ".join(sorted(resources.packages)),
        "installed": "\n".join(f"{name} installed" for name in sorted(resources.packages)),
        "paths": " ".join(each.path for each in resources.files),
        "sums": "\n".join(f"{_sum(each.local)}  {each.path}" for each in resources.files),
        "owners": "\n".join(
            f"{each.path} {each.mode[1:]} {each.owner} {each.group}" for each in resources.files
        ),
        "units": " ".join(unit["name"] for unit in resources.units),
        "states": "\n".join(states).rstrip("\n"),
        "keys": " ".join(each["key"] for each in resources.settings),
        "values": "\n".join(each["value"] for each in resources.settings),
    }
    head = "".join(f"{key}={shlex.quote(value)}\n" for key, value in lists.items())
    return f"{head}\n{(HERE / 'check.sh').read_text()}"


def _sum(local: str) -> str:
    return hashlib.sha256(Path(local).read_bytes()).hexdigest()
