"""A program for Node from the npm registry: one version of it, in a folder of its own."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import tarfile
import tempfile
from dataclasses import dataclass
from typing import Optional

from seawall.agent import system
from seawall.agent.steps.step import Change, Step

AUTHORITIES = "/etc/ssl/certs/ca-certificates.crt"
SECONDS = 600


@dataclass(frozen=True)
class NodeProgram(Step):
    """The package `name` in this version. `npm` is where npm itself is fetched from, and
    `integrity` its SHA-512 as the registry writes it: Debian's npm is 400 packages."""

    folder: str
    name: str
    version: str
    npm: str
    integrity: str

    def drift(self) -> Optional[Change]:
        path = f"{self.folder}/node_modules/{self.name}/package.json"
        try:
            there = json.loads(system.read(path) or b"{}").get("version")
        except ValueError:
            there = None
        what = f"{self.name} {self.version}"
        return None if there == self.version else Change("~" if there else "+", what)

    def apply(self) -> None:
        os.makedirs(self.folder, mode=0o755, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="seawall-") as folder:
            with tarfile.open(fileobj=io.BytesIO(self._npm())) as archive:
                archive.extractall(folder)  # noqa: S202  # its content is known by its hash
            npm = [f"NODE_EXTRA_CA_CERTS={AUTHORITIES}", "node", f"{folder}/package/bin/npm-cli.js"]
            quiet = [
                "--ignore-scripts",
                "--omit=optional",
                "--no-audit",
                "--no-fund",
                "--save-exact",
            ]
            where = ["--prefix", self.folder, "--cache", f"{folder}/cache"]
            wanted = f"{self.name}@{self.version}"
            system.must(["env", *npm, "install", *quiet, *where, wanted], seconds=SECONDS)

    def _npm(self) -> bytes:
        try:
            from urllib.request import urlopen  # costs every plan more than it is worth

            with urlopen(self.npm, timeout=60) as answer:  # noqa: S310  # our own
                content = bytes(answer.read())
        except OSError as error:
            raise system.StepError(f"npm cannot be fetched: {error}", self.npm) from error
        seen = base64.b64encode(hashlib.sha512(content).digest()).decode()
        if f"sha512-{seen}" != self.integrity:
            raise system.StepError("what was fetched is not the npm that was meant", self.npm)
        return content
