"""The stand-in for Google as another process, and what tests put there behind our back."""

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from googlecloud.discovery import VERSIONS

PROJECT = "acme-prod"
ZONE = "europe-west1-b"
ROOT = f"compute/projects/{PROJECT}"
BELOW = {"compute": "compute/v1/", "storage": "storage/v1/"}
"""What stands between an API's host and its methods."""
URL = "https://www.googleapis.com/compute/v1/"


class Account:
    """The account as its owner sees it, and as nobody else can change it."""

    def __init__(self, url: str) -> None:
        self.url = url

    def tell(self, what: str, told: Any = None) -> Any:
        """Speak to the stand-in itself."""
        sent = json.dumps(told).encode()
        request = urllib.request.Request(f"{self.url}/stand-in/{what}", sent, method="POST")
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.load(answer)

    def put(self, name: str, **thing: Any) -> str:
        """Something that is there without us; returns its link."""
        link = URL + name.removeprefix("compute/")
        told = {"name": name.rsplit("/", 1)[1], **thing}
        if name.startswith("compute/"):
            told |= {"selfLink": link, "id": str(abs(hash(name)) % 10**12)}
        self.tell("put", {name: told})
        return link

    def gone(self, name: str) -> None:
        """Take something away behind our back."""
        self.tell("put", {name: None})

    @property
    def things(self) -> dict[str, Any]:
        """Everything there is."""
        return self.tell("things")["things"]

    def asked(self, *, mutating: bool = False) -> list[str]:
        """The methods called so far; those that change something."""
        found = self.tell("asked")["asked"]
        assert not [each for each in found if each["id"] == "invalid"], found
        return [each["id"] for each in found if not mutating or each["mutates"]]

    def fail(self, method: str, status: int, **more: Any) -> None:
        """The next calls of a method (a pattern) fail."""
        self.tell("faults", [{"method": method, "status": status, **more}])

    def server(self, name: str, **more: Any) -> str:
        """A running instance with a disk of 20 GB, as somebody made it in the console."""
        disk = self.put(
            f"{ROOT}/zones/{ZONE}/disks/{name}",
            sizeGb="20",
            status="READY",
            zone=f"{URL}projects/{PROJECT}/zones/{ZONE}",
            users=[f"{URL}projects/{PROJECT}/zones/{ZONE}/instances/{name}"],
        )
        return self.put(
            f"{ROOT}/zones/{ZONE}/instances/{name}",
            **{
                "status": "RUNNING",
                "zone": f"{URL}projects/{PROJECT}/zones/{ZONE}",
                "disks": [{"source": disk, "boot": True, "deviceName": "boot"}],
                "networkInterfaces": [
                    {"networkIP": "10.0.0.2", "accessConfigs": [{"natIP": "203.0.113.10"}]}
                ],
                **more,
            },
        )


@contextmanager
def stand_in(folder: Path) -> Iterator[Account]:
    """The stand-in as a process, and this process made to believe it is Google."""
    words = [sys.executable, "-m", "googlecloud.serve"]
    serving = subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parent
    )
    assert serving.stdin and serving.stdout
    url = serving.stdout.readline().strip()
    key = folder / "key.json"
    key.write_text(json.dumps(_service_account(url)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(key))
        patch.setenv("NO_GCE_CHECK", "true")
        for api in VERSIONS:
            place = f"{url}/{api}/{BELOW.get(api, '')}"
            patch.setenv(f"CLOUDSDK_API_ENDPOINT_OVERRIDES_{api.upper()}", place)
        try:
            yield Account(url)
        finally:
            serving.stdin.close()
            serving.wait(10)
            serving.stdout.close()


def _service_account(url: str) -> dict[str, str]:
    """A key file as Google gives it; the private key is made here and opens nothing."""
    private = rsa.generate_private_key(65537, 2048).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return {
        "type": "service_account",
        "project_id": PROJECT,
        "private_key_id": "1",
        "private_key": private.decode(),
        "client_email": f"seawall@{PROJECT}.iam.gserviceaccount.com",
        "client_id": "1",
        "token_uri": f"{url}/token",
    }
