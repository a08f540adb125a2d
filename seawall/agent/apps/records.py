"""What a server knows of its releases: one small file each, written whole or not at all."""

from __future__ import annotations

import json
import os
import pwd
import re
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Dict, List, Optional, Tuple

from seawall.agent import system

APPS = "/srv/apps"
PUBLIC = system.Ownership(0o644, 0, 0)
PRIVATE = system.Ownership(0o600, 0, 0)
STATES = ("building", "starting", "serving", "retired", "failed")


@dataclass(frozen=True)
class Release:
    """A release: immutable code, its environment, and what became of it.

    `source` is the number of the release whose code this one uses: its own, or an older one's
    when only the environment changed. `ports` are those of its instances, 0 for one that does not
    listen; `migrated` marks one whose `before_switch` changed the database. `build` stands for how
    its code was built; `repeats` is the release that it is a restart of. `static` marks one whose
    files the proxy serves itself: it has no ports, and nothing of it runs. `supervisor` is who
    keeps it running.
    """

    number: int
    source: int
    state: str = "building"
    sha: str = ""
    author: str = ""
    made: float = 0.0
    ports: Tuple[int, ...] = ()
    migrated: bool = False
    why: str = ""
    build: str = ""
    repeats: int = 0
    static: bool = False
    supervisor: str = "systemd"

    def document(self) -> Dict[str, Any]:
        """As the wire carries it."""
        return asdict(self)


class App:
    """The places of one app on this server."""

    def __init__(self, name: str) -> None:
        if not re.fullmatch(r"[a-z][a-z0-9-]{0,30}", name):
            raise system.StepError(f"{name!r} cannot be the name of an app")
        self.name = name
        self.user = f"app-{name}"
        self.folder = f"{APPS}/{name}"
        self.upstreams = f"{self.folder}/upstreams"
        self.secrets = f"{self.folder}/env"

    def code(self, number: int) -> str:
        """The folder of a release's code."""
        return f"{self.folder}/releases/{number}"

    def site(self, number: int) -> str:
        """The folder with the files of a release that the proxy may read."""
        return f"{self.folder}/public/{number}"

    def environment(self, number: int) -> str:
        """The file with a release's environment, for root only."""
        return f"{self.secrets}/{number}.env"

    def starter(self, number: int) -> str:
        """The script that starts a release."""
        return f"{self.secrets}/{number}.start"

    def declared(self, number: int) -> str:
        """The file with what a release was declared with, secrets and all, for root only."""
        return f"{self.secrets}/{number}.json"

    def unit(self, release: Release, slot: int) -> str:
        """The systemd unit of one instance of a release; slots count from 1."""
        return f"app-{self.name}-{release.number}-{slot}.service"

    def units(self, release: Release) -> List[str]:
        """The units of all its instances."""
        return [self.unit(release, slot) for slot, _ in enumerate(release.ports, 1)]

    def upstream(self, slot: int) -> str:
        """The file that the proxy reads the port of this instance from."""
        return f"{self.upstreams}/{slot}"

    def make_places(self) -> None:
        """Make the folders; code and secrets are closed to everybody but the app itself."""
        group = pwd.getpwnam(self.user).pw_gid
        for folder, mode in (
            (self.folder, 0o755),
            (self.upstreams, 0o755),
            (self.secrets, 0o750),
            (f"{self.folder}/releases", 0o750),
        ):
            os.makedirs(folder, mode=0o700, exist_ok=True)
            os.chown(folder, 0, group)
            os.chmod(folder, mode)

    def releases(self) -> List[Release]:
        """Every release that is still here, oldest first."""
        try:
            names = os.listdir(f"{self.folder}/releases")
        except FileNotFoundError:
            return []
        numbers = sorted(int(name[:-5]) for name in names if re.fullmatch(r"\d+\.json", name))
        found = (self.release(number) for number in numbers)
        return [release for release in found if release]

    def release(self, number: int) -> Optional[Release]:
        """One release, or None when it is gone."""
        content = system.read(f"{self.code(number)}.json")
        if content is None:
            return None
        try:
            known = json.loads(content)
        except ValueError:
            return None
        names = {each.name for each in fields(Release)}
        values = {key: value for key, value in known.items() if key in names}
        return Release(**{**values, "ports": tuple(values.get("ports", ()))})

    def note(self, release: Release, **changes: Any) -> Release:
        """Write down what became of a release."""
        noted = replace(release, **changes)
        content = json.dumps(noted.document()).encode()
        system.write(f"{self.code(release.number)}.json", content, PUBLIC)
        return noted

    def serving(self) -> Optional[Release]:
        """The release that is served."""
        content = system.read(f"{self.folder}/serving") or b""
        return self.release(int(content)) if content.strip().isdigit() else None

    def serve(self, release: Release) -> None:
        """Write down which release is served; what a restart after a crash goes by."""
        system.write(f"{self.folder}/serving", f"{release.number}\n".encode(), PUBLIC)


def apps() -> List[App]:
    """Every app on this server."""
    try:
        names = sorted(os.listdir(APPS))
    except FileNotFoundError:
        return []
    found = (name for name in names if re.fullmatch(r"[a-z][a-z0-9-]{0,30}", name))
    return [App(name) for name in found if os.path.isdir(f"{APPS}/{name}/releases")]
