"""What tests on real servers share: a lab of their own, a project folder, the command line.

Nothing here reaches beyond this machine. Servers that many tests can share are booted once.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from side_by_side import (
    pytest_collection_modifyitems,
    pytest_runtest_protocol,
    pytest_xdist_auto_num_workers,
)

from seawall import lab
from seawall.lab.record import LabServer

__all__ = [
    "pytest_collection_modifyitems",
    "pytest_runtest_protocol",
    "pytest_xdist_auto_num_workers",
]
PEOPLE = "people:\n  dana: {{ keys: [{key} dana], admin: true }}\n"


SKIPPED = ("repository", "resources.load", "alerts")
NOT_OF_THE_SERVER = tuple(word for skipped in SKIPPED for word in ("--skip", skipped))
"""What a lab server cannot be blamed for: the project's folder, this machine's load, which every
guest sees as its own, and that nobody is there to be told."""


@dataclass(frozen=True)
class Project:
    """A folder with a seawall.yml, and `seawall` run in it as a user would."""

    folder: Path
    key: str
    """The public key that every lab server knows."""

    def keypair(self, name: str) -> str:
        """Make a key of somebody else's; the public half, the private one is folder/NAME."""
        make = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", name]
        subprocess.run(make, cwd=self.folder, check=True)
        return (self.folder / f"{name}.pub").read_text().strip()

    def describe(self, *servers: LabServer, more: str = "", people: str = PEOPLE) -> "Project":
        """Write seawall.yml: these servers, dana who may sudo, and whatever else."""
        lines = "".join(f"  {each.name}: {{ host: {each.name} }}\n" for each in servers)
        text = f"project: acme\nservers:\n{lines}{people.format(key=self.key)}{more}"
        (self.folder / "seawall.yml").write_text(text)
        return self

    def start(self, *words: str, **environment: str) -> "subprocess.Popen[str]":
        """Start seawall and leave it running."""
        return subprocess.Popen(
            [sys.executable, "-m", "seawall", *words],
            cwd=self.folder,
            env=os.environ | {"COLUMNS": "80"} | environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *words: str, code: int | None = 0, **environment: str) -> str:
        """Run seawall; its stdout and stderr. `code` is what it must exit with."""
        with self.start(*words, **environment) as process:
            out, err = process.communicate(timeout=280)
        assert code is None or process.returncode == code, out + err
        return out + err

    def json(self, *words: str, code: int | None = 0) -> Any:
        """Run seawall with --json; its document."""
        return json.loads(self.run(*words, "--json", code=code))

    def events(self, *words: str, code: int | None = 0) -> list[dict[str, Any]]:
        """Run seawall with --json; its events."""
        lines = self.run(*words, "--json", code=code).splitlines()
        return [json.loads(line) for line in lines]


Boot = Callable[..., LabServer]


@pytest.fixture(scope="session", autouse=True)
def like_a_person() -> Iterator[None]:
    """Tests that mean to be in CI say so; the others have somebody at the terminal."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("CI", "GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "SEAWALL_SSH_CONFIG"):
            patch.delenv(name, raising=False)
        yield


@pytest.fixture(scope="session")
def lab_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A lab, logins and known hosts of our own; everything booted in it goes down at the end."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("lab")
        patch.setenv("SEAWALL_LAB_HOME", str(folder))
        patch.setenv("XDG_STATE_HOME", str(folder / "state"))
        patch.setenv("TMPDIR", str(_short(folder)))
        patch.setenv("SEAWALL_SSH_CONFIG", str(folder / "ssh_config"))
        yield folder
        lab.down_all()


def _short(folder: Path) -> Path:
    """A place for ssh's sockets: their paths must stay below about 100 characters."""
    short = Path("/tmp") / f"sw-{os.getpid()}"
    short.mkdir(mode=0o700, exist_ok=True)
    return short


@pytest.fixture(scope="session")
def boot(lab_home: Path) -> Boot:
    """Boots a server that later tests may use as well."""
    return lab.up


@pytest.fixture
def fresh(lab_home: Path) -> Iterator[Boot]:
    """Boots a server for this test alone."""
    booted: list[str] = []

    def up(**options: Any) -> LabServer:
        server = lab.up(**options)
        booted.append(server.name)
        return server

    yield up
    for name in booted:
        lab.down(name)


@pytest.fixture(scope="session")
def projects(lab_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Project]:
    """Makes project folders; needs a server to have been booted, for its key."""

    def make() -> Project:
        key = (lab_home / "id_ed25519.pub").read_text().split()
        return Project(tmp_path_factory.mktemp("project"), " ".join(key[:2]))

    return make


def on(server: LabServer, script: str) -> str:
    """Run a script as root on a server from its console, without ssh."""
    done = lab.shell(server.name, script)
    assert done.returncode == 0, done.stdout + done.stderr
    return str(done.stdout).strip()
