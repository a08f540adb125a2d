"""Amazon, played on this machine: moto's server as a process of its own, and a front before it.

The front writes down every call as it comes over the wire, breaks what a test wants broken, and
stands in where moto has no such call or answers wrongly: Data Lifecycle Manager, IAM's simulator,
public snapshots, pages of snapshots. What it stands in for is held against botocore's own model of
the service, enumerations, patterns and lengths included.

It shows what we send, and how we take the answers that moto gives. It does not show what Amazon
does: whether a schedule runs, an alarm fires, a mail arrives, or a policy is enough.
"""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock, Thread
from typing import Any

import boto3
import pytest

from amazon import standins
from amazon.wire import Asked, Fault, refusal

ACCOUNT = "123456789012"
PATIENCE = 60
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "AKIAEXAMPLEEXAMPLE00",
    "AWS_SECRET_ACCESS_KEY": "SecretThatMustNeverBeShown/ABCDEFGHIJKLM",
    "AWS_SESSION_TOKEN": "TokenThatMustNeverBeShown",
}


@dataclass
class Amazon:
    """What a test may do with it."""

    port: int = 0
    moto: int = 0
    asked: list[Asked] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    policies: standins.Policies = field(default_factory=standins.Policies)
    denied: set[str] = field(default_factory=set)
    """Actions that IAM's simulator denies."""
    touched: set[str] = field(default_factory=set)
    """Snapshots that somebody shared or closed."""
    lock: Lock = field(default_factory=Lock)

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.port}"

    def client(self, service: str, region: str = "eu-west-1") -> Any:
        """A client as somebody else would use it: for sabotage, and for what is not ours."""
        return boto3.client(service, region_name=region, endpoint_url=self.url)

    def forget(self) -> None:
        """An empty account, nothing broken, nothing written down."""
        connection = http.client.HTTPConnection("127.0.0.1", self.moto, timeout=PATIENCE)
        connection.request("POST", "/moto-api/reset")
        assert connection.getresponse().status == 200
        self.policies.clear()
        self.denied.clear()
        self.touched.clear()
        self.faults.clear()
        self.asked.clear()

    @property
    def changes(self) -> list[str]:
        """The calls that came and change something: `ec2:CreateTags`."""
        return [each.name for each in self.asked if each.changes]

    def broken(self, asked: Asked) -> Fault | None:
        """The fault that is due for a call, if any."""
        with self.lock:
            for fault in self.faults:
                if fault.times and fault.meets(asked):
                    fault.times -= 1
                    return fault
        return None


class Front(BaseHTTPRequestHandler):
    """One connection to Amazon."""

    protocol_version = "HTTP/1.1"
    amazon: Amazon

    def log_message(self, *words: Any) -> None:
        """Nobody reads it."""

    def come(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        asked = Asked.of(self.command, self.path, dict(self.headers), body)
        with self.amazon.lock:
            self.amazon.asked.append(asked)
        fault = self.amazon.broken(asked)
        if fault and fault.cut:
            self.close_connection = True
            self.connection.close()
        elif fault:
            self._answer(*refusal(asked, fault))
        else:
            self._answer(*standins.answer(self.amazon, asked, self._forwarded))

    def _forwarded(self, asked: Asked) -> tuple[int, dict[str, str], bytes]:
        there = http.client.HTTPConnection("127.0.0.1", self.amazon.moto, timeout=PATIENCE)
        dropped = ("content-length", "expect")
        headers = {k: v for k, v in asked.headers.items() if k.lower() not in dropped}
        there.request(asked.method, asked.path, asked.body, headers)
        answer = there.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()

    def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            if name.lower() not in OF_A_CONNECTION:
                self.send_header(name, value)
        body = b"" if self.command == "HEAD" else body
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = come  # noqa: N815


OF_A_CONNECTION = ("content-length", "transfer-encoding", "connection", "date", "server")


def _free() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextmanager
def running(folder: Path) -> Iterator[Amazon]:
    """Amazon, for as long as the context, and the environment of somebody who uses it."""
    amazon = Amazon(moto=_free())
    words = [str(Path(sys.executable).with_name("moto_server")), "-p", str(amazon.moto)]
    quiet = os.environ | {"MOTO_EC2_LOAD_DEFAULT_AMIS": "false"}
    with (folder / "moto.log").open("w") as log:
        moto = subprocess.Popen(words, stdout=log, stderr=log, env=quiet, start_new_session=True)
    front = ThreadingHTTPServer(("127.0.0.1", 0), type("Its", (Front,), {"amazon": amazon}))
    front.daemon_threads = True
    amazon.port = front.server_port
    Thread(target=front.serve_forever, daemon=True).start()
    try:
        _until_it_answers(amazon, moto)
        with pytest.MonkeyPatch.context() as patch:
            for name, value in CREDENTIALS.items():
                patch.setenv(name, value)
            patch.setenv("AWS_ENDPOINT_URL", amazon.url)
            patch.setenv("AWS_CONFIG_FILE", str(folder / "none"))
            patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
            patch.delenv("AWS_PROFILE", raising=False)
            yield amazon
    finally:
        front.shutdown()
        front.server_close()
        os.killpg(moto.pid, signal.SIGKILL)
        moto.wait()


def _until_it_answers(amazon: Amazon, moto: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + PATIENCE
    while moto.poll() is None and time.monotonic() < deadline:
        with socket.socket() as one:
            if one.connect_ex(("127.0.0.1", amazon.moto)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError("moto did not start: see moto.log")
