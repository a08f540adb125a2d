"""The verbs about a cloud account, as a person types them, on Google's stand-in."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from google_account import PROJECT, ROOT, ZONE, Account, stand_in

from seawall.engine.snapshots import LOOK

PLACE = f"{PROJECT}/{ZONE}/web1"
FILE = f"""\
project: acme
servers:
  web1: {{ host: local, cloud: {{ gcp: {PLACE} }} }}
cloud:
  gcp:
    snapshots: {{ every: 6h, keep: 28 }}
    alarms: {{ email: ops@acme.example, monthly: 200 }}
    bucket: {{ name: acme-backups }}
"""


class Person:
    """Somebody at a shell beside seawall.yml."""

    def __init__(self, folder: Path, account: Account) -> None:
        self.folder, self.account = folder, account
        (folder / "seawall.yml").write_text(FILE)

    def types(self, *words: str) -> "subprocess.CompletedProcess[str]":
        line = [sys.executable, "-m", "seawall", *words]
        env = {**os.environ, "XDG_STATE_HOME": str(self.folder / "state")}
        return subprocess.run(
            line, cwd=self.folder, env=env, capture_output=True, text=True, timeout=120
        )

    def asks(self, *words: str) -> Any:
        """A document; the exit code is left in `code`."""
        done = self.types(*words, "--json")
        assert "ya29" not in done.stdout + done.stderr, "a token is shown"
        self.code = done.returncode
        return json.loads(done.stdout)


@pytest.fixture(scope="module")
def person(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Person]:
    with stand_in(tmp_path_factory.mktemp("google")) as account:
        account.server("web1")
        account.server("web2")
        paying = {"billingAccountName": "billingAccounts/0-1-2"}
        account.tell("put", {f"cloudbilling/projects/{PROJECT}": paying})
        yield Person(tmp_path_factory.mktemp("acme"), account)


def found(person: Person) -> set[str]:
    """The ids of what check finds."""
    told = person.asks("check", "--cloud-only", "--skip", "repository")
    return {each["id"] for each in told["findings"]}


def test_an_account_from_nothing_to_green_and_back(person: Person) -> None:
    person.account.tell("forget-asked")
    assert person.types("apply", "--cloud-only", "--dry-run").returncode == 0
    assert "account.as-declared" in found(person)
    assert person.account.asked(mutating=True) == [], "looking changes nothing"
    applied = person.types("apply", "--cloud-only", "--yes")
    assert applied.returncode == 0, applied.stdout + applied.stderr
    assert "account.as-declared" not in found(person)
    plan = person.types("plan", "--cloud-only", "--exit-code")
    assert plan.returncode == 0, plan.stdout
    schedule = f"{ROOT}/regions/europe-west1/resourcePolicies/seawall-acme-snapshots"
    disk = person.account.things[f"{ROOT}/zones/{ZONE}/disks/web1"]
    person.account.tell("put", {schedule: None, f"{ROOT}/zones/{ZONE}/disks/web1": {
        **disk, "resourcePolicies": []}})  # fmt: skip
    assert "account.as-declared" in found(person)
    assert person.types("apply", "--cloud-only", "--yes").returncode == 0
    assert "account.as-declared" not in found(person)


def test_a_missing_permission_is_named_and_nothing_is_done(person: Person) -> None:
    person.account.tell("set", {"denied": ["storage.buckets.update"]})
    person.account.tell("forget-asked")
    try:
        done = person.types("apply", "--cloud-only", "--yes")
        asked = person.types("cloud", "policy", "--check")
    finally:
        person.account.tell("set", {"denied": []})
    assert done.returncode == 1 and "storage.buckets.update is missing" in done.stdout + done.stderr
    assert asked.returncode == 1 and asked.stdout == "missing: storage.buckets.update\n"
    assert person.account.asked(mutating=True) == []


def test_the_role_is_printed_without_asking_anybody(person: Person) -> None:
    person.account.tell("forget-asked")
    role = json.loads(person.types("cloud", "policy", "gcp").stdout)
    assert "compute.resourcePolicies.create" in role["includedPermissions"]
    assert person.account.asked() == []


def test_what_runs_becomes_lines_of_seawall_yml(person: Person) -> None:
    done = person.types("servers", "import", "gcp")
    place = json.dumps(f"{PROJECT}/{ZONE}/web2")
    line = f'  web2: {{ host: "203.0.113.10", cloud: {{ gcp: {place} }} }}\n'
    assert done.stdout == f"servers:\n{line}"
    (person.folder / "seawall.yml").write_text(FILE.replace("servers:\n", f"servers:\n{line}"))
    try:
        assert person.types("servers", "import", "gcp").stdout == ""
    finally:
        (person.folder / "seawall.yml").write_text(FILE)


def test_a_snapshot_is_made_listed_and_restored(person: Person) -> None:
    [name] = person.asks("snapshots", "now", "web1")["snapshots"]["web1"]
    key = f"{ROOT}/global/snapshots/{name}"
    person.account.tell("put", {key: {**person.account.things[key], "status": "READY"}})
    [account] = person.asks("snapshots", "list")["accounts"]
    assert [each["id"] for each in account["snapshots"]] == [name]
    assert name in person.types("snapshots", "list").stdout
    refused = person.types("snapshots", "restore", name, "web1")
    assert refused.returncode == 2 and "--yes is missing" in refused.stderr
    disk = person.asks("snapshots", "restore", name, "web1", "--yes")["disk"]
    assert f"{ROOT}/zones/{ZONE}/disks/{disk.partition('/')[2]}" in person.account.things


@pytest.mark.machine
def test_a_proof_that_fails_leaves_no_disk(person: Person) -> None:
    """This machine plays the server: the disk that Google claims to attach never comes."""
    before = {name for name in person.account.things if "/disks/" in name}
    [proof] = person.asks("snapshots", "prove", "web1")["proofs"]
    assert person.code == 1 and "does not see the disk" in proof["error"]
    assert {name for name in person.account.things if "/disks/" in name} == before
    asked = person.account.asked(mutating=True)
    assert {"compute.instances.attachDisk", "compute.instances.detachDisk"} <= set(asked)


@pytest.mark.machine
def test_a_disk_is_mounted_and_read_and_a_broken_one_is_not(tmp_path: Path) -> None:
    image = tmp_path / "disk"
    (tmp_path / "root").mkdir()
    (tmp_path / "root/hello").write_text("world")
    with image.open("wb") as file:
        file.truncate(16 << 20)
    make = ["mkfs.ext4", "-q", "-d", str(tmp_path / "root"), str(image)]
    subprocess.run(make, check=True)
    attach = ["losetup", "--find", "--show", str(image)]
    device = subprocess.check_output(attach, text=True).strip()
    try:
        look = ["sh", "-c", LOOK, "sh", device]
        done = subprocess.run(look, capture_output=True, text=True)
        assert (done.returncode, done.stdout) == (0, "ext4 with 1 files\n"), done
        with image.open("r+b") as file:
            file.seek(1024 + 0x60)
            file.write(b"\xff" * 4)
        subprocess.run(["blockdev", "--flushbufs", device], check=True)
        done = subprocess.run(look, capture_output=True, text=True)
        assert done.returncode == 6 and "cannot be mounted" in done.stdout, done
    finally:
        subprocess.run(["losetup", "--detach", device], check=True)
