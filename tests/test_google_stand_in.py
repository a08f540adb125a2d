"""The stand-in for Google refuses what Google's own description does not allow, and keeps state."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from google_account import PROJECT, ROOT, ZONE, Account, stand_in


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    with stand_in(tmp_path_factory.mktemp("google")) as started:
        yield started


def ask(account: Account, verb: str, path: str, body: Any = None) -> tuple[int, Any]:
    """A bare request, as any client could send it."""
    with urllib.request.urlopen(f"{account.url}/token", b"", timeout=10) as answer:
        token = json.load(answer)["access_token"]
    sent = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{account.url}/{path}", sent, method=verb)
    request.add_header("Authorization", f"Bearer {token}")
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)["error"]["message"]


POLICIES = f"compute/compute/v1/projects/{PROJECT}/regions/europe-west1/resourcePolicies"
DAILY = {"schedule": {"dailySchedule": {"daysInCycle": 1, "startTime": "03:00"}}}
BAD = {
    "no such method": ("PUT", POLICIES, {}, "no method is called by"),
    "unknown parameter": ("GET", f"{POLICIES}?maxResult=5", None, "unknown parameter maxResult"),
    "no number": ("GET", f"{POLICIES}?maxResults=many", None, "should be integer"),
    "unknown field": ("POST", POLICIES, {"nam": "x"}, 'Unknown name "nam"'),
    "wrong type": ("POST", POLICIES, {"name": 5}, "should be string"),
    "bad name": ("POST", POLICIES, {"name": "Bad_Name"}, "does not match"),
    "written by Google": ("POST", POLICIES, {"name": "a", "status": "READY"}, "only Google writes"),
    "no such value": (
        "POST",
        f"compute/compute/v1/projects/{PROJECT}/global/firewalls",
        {"name": "a", "direction": "SIDEWAYS"},
        "is none of",
    ),
    "required field": (
        "POST",
        f"storage/storage/v1/b?project={PROJECT}",
        {"location": "EU"},
        "body.name is required",
    ),
    "required parameter": ("POST", "storage/storage/v1/b", {"name": "a"}, "project is required"),
    "duration": (
        "POST",
        f"monitoring/v3/projects/{PROJECT}/uptimeCheckConfigs",
        {"period": "1 minute"},
        "is no google-duration",
    ),
    "narrowed": ("GET", f"{POLICIES}?filter=x", None, "unknown parameter filter"),
    "in words only": (
        "POST",
        POLICIES,
        {"name": "a", "snapshotSchedulePolicy": {"schedule": {"hourlySchedule": {}}}},
        "hoursInCycle",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_what_google_does_not_describe_is_refused(account: Account, case: str) -> None:
    verb, path, body, why = BAD[case]
    status, told = ask(account, verb, path, body)
    assert status == 400 and why in told, told
    account.tell("forget")


def test_what_was_made_is_there_until_it_is_deleted(account: Account) -> None:
    body = {"name": "nightly", "snapshotSchedulePolicy": DAILY}
    assert ask(account, "POST", POLICIES, body)[1]["status"] == "RUNNING"
    assert ask(account, "POST", POLICIES, body)[0] == 409
    assert ask(account, "GET", f"{POLICIES}/nightly")[1]["snapshotSchedulePolicy"] == DAILY
    assert ask(account, "DELETE", f"{POLICIES}/nightly")[0] == 200
    assert ask(account, "GET", f"{POLICIES}/nightly")[0] == 404


def test_a_disk_has_one_schedule_and_a_used_one_stays(account: Account) -> None:
    account.server("web1")
    ask(account, "POST", POLICIES, {"name": "first", "snapshotSchedulePolicy": DAILY})
    ask(account, "POST", POLICIES, {"name": "second", "snapshotSchedulePolicy": DAILY})
    disk = f"compute/compute/v1/projects/{PROJECT}/zones/{ZONE}/disks/web1/addResourcePolicies"
    told = f"projects/{PROJECT}/regions/europe-west1/resourcePolicies/"
    status, operation = ask(account, "POST", disk, {"resourcePolicies": [f"{told}first"]})
    assert status == 200
    done = f"compute/compute/v1/projects/{PROJECT}/zones/{ZONE}/operations/{operation['name']}"
    assert ask(account, "GET", done)[1]["status"] == "DONE"
    assert account.things[f"{ROOT}/zones/{ZONE}/disks/web1"]["resourcePolicies"]
    assert ask(account, "POST", disk, {"resourcePolicies": [f"{told}second"]})[0] == 400
    assert ask(account, "DELETE", f"{POLICIES}/first")[0] == 400


def test_nobody_gets_in_without_a_token(account: Account) -> None:
    url = f"{account.url}/storage/storage/v1/b?project={PROJECT}"
    with pytest.raises(urllib.error.HTTPError, match="401"):
        urllib.request.urlopen(url, timeout=10)
