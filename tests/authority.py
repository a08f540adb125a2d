"""A real ACME authority for one lab server: Debian's pebble, on this end of its cable only."""

import json
import ssl
import subprocess
import time
import urllib.request
from pathlib import Path
from typing import Any

from seawall.lab.record import LabServer

OPENSSL = ("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256")


class Authority:
    """Signs certificates that live `seconds`, for names that all lead to the server."""

    def __init__(self, server: LabServer, folder: Path, seconds: int) -> None:
        self.address = server.address.rpartition(".")[0] + ".1"
        self.folder = folder
        self._server = server
        self._running: list[subprocess.Popen[bytes]] = []
        self._own_certificate()
        settings = {
            "listenAddress": f"{self.address}:14000",
            "managementListenAddress": f"{self.address}:15000",
            "certificate": str(folder / "own.pem"),
            "privateKey": str(folder / "own.key"),
            "httpPort": 80,
            "tlsPort": 443,
            "certificateValidityPeriod": seconds,
        }
        (folder / "pebble.json").write_text(json.dumps({"pebble": settings}))

    def _own_certificate(self) -> None:
        name = ["-subj", "/CN=authority", "-addext", f"subjectAltName=IP:{self.address}"]
        files = ["-keyout", f"{self.folder}/own.key", "-out", f"{self.folder}/own.pem"]
        subprocess.run([*OPENSSL, "-nodes", "-days", "9", *name, *files], check=True, stderr=-3)

    @property
    def directory(self) -> str:
        """What `tls: { acme: … }` names."""
        return f"https://{self.address}:14000/dir"

    def start(self) -> None:
        """Start it with its own DNS; returns when it answers."""
        dns = f"{self.address}:8053"
        off = ["-http01", "", "-https01", "", "-tlsalpn01", "", "-defaultIPv6", ""]
        where = ["-dns01", dns, "-management", f"{self.address}:8055"]
        self._run("pebble-challtestsrv", *off, *where, "-defaultIPv4", self._server.address)
        config = str(self.folder / "pebble.json")
        self._run("pebble", "-config", config, "-dnsserver", dns)
        until = time.monotonic() + 10
        while True:
            try:
                self._ask("14000/dir")
                return
            except OSError:
                assert time.monotonic() < until, (self.folder / "log").read_text()
                time.sleep(0.1)

    def _run(self, *argv: str) -> None:
        with (self.folder / "log").open("ab") as log:
            quick = {"PEBBLE_VA_NOSLEEP": "1", "PEBBLE_WFE_NONCEREJECT": "0", "PATH": "/usr/bin"}
            started = subprocess.Popen(argv, stdout=log, stderr=log, env=quick)
        self._running.append(started)

    def _ask(self, what: str) -> Any:
        trusts = ssl.create_default_context(cafile=str(self.folder / "own.pem"))
        with urllib.request.urlopen(f"https://{self.address}:{what}", context=trusts) as answer:
            return answer.read().decode()

    def roots(self) -> str:
        """Its own certificate, and the one that it signs with; new after each start."""
        return (self.folder / "own.pem").read_text() + str(self._ask("15000/roots/0"))

    def stop(self) -> None:
        """Stop it; nobody gets a certificate."""
        for each in self._running:
            each.terminate()
            each.wait()
        self._running.clear()
