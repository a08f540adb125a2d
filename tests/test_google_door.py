"""The door to Google, against the stand-in: what is asked again, and how a refusal is said."""

import time
from collections.abc import Iterator

import pytest
from google_account import PROJECT, ROOT, ZONE, Account, stand_in

from seawall.clouds.gcp import door
from seawall.clouds.gcp.door import Door
from seawall.errors import SeawallError

LIST = {"project": PROJECT}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    with stand_in(tmp_path_factory.mktemp("google")) as started:
        yield started


@pytest.fixture
def account(running: Account, monkeypatch: pytest.MonkeyPatch) -> Account:
    monkeypatch.setattr(door, "PAUSE", 0.01)
    running.tell("forget")
    return running


@pytest.fixture
def entered(account: Account) -> Iterator[Door]:
    with Door(PROJECT) as entered:
        yield entered


def buckets(entered: Door) -> object:
    """A question that changes nothing."""
    return entered.call("storage.buckets.list", **LIST)


def refused(method: str, **params: object) -> SeawallError:
    """How Google's refusal is said."""
    with Door(PROJECT) as entered, pytest.raises(SeawallError) as error:
        entered.call(method, **params)
    assert "ya29" not in str(error.value) + error.value.hint, "a token is shown"
    return error.value


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_what_is_busy_is_asked_again(account: Account, entered: Door, status: int) -> None:
    account.fail("storage.buckets.list", status, times=3)
    assert buckets(entered) == {"items": []}
    assert account.asked() == ["storage.buckets.list"] * 4


def test_a_limit_that_is_called_forbidden_is_asked_again(account: Account, entered: Door) -> None:
    account.fail("storage.buckets.list", 403, reason="rateLimitExceeded")
    assert buckets(entered) == {"items": []}


def test_what_may_have_been_done_is_not_done_twice(account: Account) -> None:
    body = {"displayName": "x"}
    account.fail("monitoring.projects.alertPolicies.create", 500, times=9)
    told = refused(
        "monitoring.projects.alertPolicies.create", name=f"projects/{PROJECT}", body=body
    )
    assert "(500)" in told.problem and len(account.asked()) == 1
    account.fail("compute.snapshots.delete", 503, times=9)
    refused("compute.snapshots.delete", project=PROJECT, snapshot="one")
    ids = {each["params"]["requestId"] for each in account.tell("asked")["asked"][1:]}
    assert len(account.asked()) == 1 + door.ATTEMPTS
    assert len(ids) == 1, "Google knows a repeated request by its id"


def test_no_answer_in_time(
    account: Account, entered: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "TIMEOUT", 0.2)
    account.tell("faults", [{"method": "storage.*", "delay": 1, "status": 500, "times": 1}])
    assert buckets(entered) == {"items": []}
    assert len(account.asked()) == 2


def test_a_token_that_ends_midway_is_renewed(account: Account, entered: Door) -> None:
    buckets(entered)
    account.tell("set", {"end_tokens": True})
    assert buckets(entered) == {"items": []}


def test_a_login_that_was_taken_away_is_said(account: Account, entered: Door) -> None:
    buckets(entered)
    account.tell("set", {"end_tokens": True, "logins": False})
    told = refused("storage.buckets.list", **LIST)
    assert "login has ended" in told.problem and "gcloud auth" in told.hint


def test_a_missing_permission_is_named(account: Account) -> None:
    account.tell("set", {"denied": ["compute.firewalls.list"]})
    told = refused("compute.firewalls.list", **LIST)
    assert told.problem == f"gcp {PROJECT}: the permission compute.firewalls.list is missing"
    assert "seawall cloud policy" in told.hint


def test_an_api_that_is_off_is_said_with_its_command(account: Account) -> None:
    why = "Cloud Monitoring API has not been used in project 1 before: monitoring.googleapis.com"
    account.fail("monitoring.*", 403, why=why)
    told = refused("monitoring.projects.alertPolicies.list", name=f"projects/{PROJECT}")
    assert "monitoring is not switched on" in told.problem
    assert told.hint == f"gcloud services enable monitoring.googleapis.com --project {PROJECT}"


def test_thousands_come_page_after_page(account: Account, entered: Door) -> None:
    disk = {"sizeGb": "10", "zone": ZONE}
    account.tell("put", {
        f"{ROOT}/zones/{ZONE}/disks/d{n}": {"name": f"d{n}", **disk} for n in range(1200)
    })  # fmt: skip
    found = list(entered.pages("compute.disks.aggregatedList", **LIST))
    assert len({each["name"] for each in found}) == 1200
    assert len(entered.calls) == 3


def test_an_operation_is_waited_for(
    account: Account, entered: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    account.tell("set", {"slow": 4})
    account.server("web1")
    where = {"project": PROJECT, "zone": ZONE}
    body = {"name": "two", "sizeGb": "10"}
    entered.done(entered.call("compute.disks.insert", **where, body=body))
    assert entered.call("compute.disks.get", **where, disk="two")["status"] == "READY"
    monkeypatch.setattr(door, "PATIENCE", 0.1)
    account.tell("set", {"slow": 1000})
    began = time.monotonic()
    with pytest.raises(SeawallError, match="still running"):
        entered.done(entered.call("compute.disks.delete", **where, disk="two"))
    assert time.monotonic() - began < 10


def test_nobody_is_logged_in(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS")
    monkeypatch.setenv("CLOUDSDK_CONFIG", "/nonexistent")
    told = refused("storage.buckets.list", **LIST)
    assert "nobody is logged in" in told.problem and not account.asked()
