"""The contract of a cloud, on Google's stand-in: a process of its own, asked over HTTP.

① what is wanted is not empty ② is made ③ then nothing is left to do ④ the account is seen as it is
⑤ each sabotage, made behind our back, is seen ⑥ a second apply heals it.
"""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from golden import same
from google_account import PROJECT, ROOT, URL, ZONE, Account, stand_in
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from seawall.clouds.gcp import door, opened
from seawall.clouds.gcp.account import Google
from seawall.errors import ConfigError, SeawallError
from seawall.kit import cloud as seen
from seawall.kit.check import Unknown
from seawall.kit.cloud import Alarms, BucketSettings, Foreign, Gcp, Placed, Snapshots, Wanted

PLACE = f"{PROJECT}/{ZONE}/web1"
PAYING = "billingAccounts/012345-6789AB-CDEF01"
POLICY = f"{ROOT}/regions/europe-west1/resourcePolicies/seawall-acme-snapshots"
DISK = f"{ROOT}/zones/{ZONE}/disks/web1"
ALL = Gcp(
    snapshots=Snapshots(every="1d", keep=14, copy_to="europe-west4"),
    alarms=Alarms(email="ops@acme.example", cpu=90, monthly=200),
    bucket=BucketSettings(name="acme-backups", old_versions=30),
)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    with stand_in(tmp_path_factory.mktemp("google")) as started:
        yield started


@pytest.fixture
def account(running: Account, monkeypatch: pytest.MonkeyPatch) -> Account:
    monkeypatch.setattr(door, "PAUSE", 0.01)
    fresh(running)
    return running


def fresh(account: Account) -> None:
    """A project with a server, that somebody pays for."""
    account.tell("forget")
    account.server("web1")
    billing = {"name": f"projects/{PROJECT}/billingInfo", "billingAccountName": PAYING}
    account.tell("put", {f"cloudbilling/projects/{PROJECT}": billing})


def wanted(settings: Gcp = ALL, **servers: str) -> Wanted:
    placed = {name: Placed(gcp=place) for name, place in (servers or {"web1": PLACE}).items()}
    return Wanted("Acme", settings, placed, dict.fromkeys(placed, (22, 80, 443)))


@pytest.fixture
def google(account: Account) -> Iterator[Google]:
    made = opened(wanted())
    with made.door:
        yield made


def plan(google: Google) -> dict[str, str]:
    """What would change: the action of each thing."""
    google.door.forget()
    drifts = (each.drift() for each in google.resources())
    return {re.sub(", instance .*", "", each.what): each.action for each in drifts if each}


def apply(google: Google) -> None:
    for each in google.resources():
        each.apply()


EVERYTHING = {
    "snapshot schedule seawall-acme-snapshots in europe-west1",
    "snapshot schedule on disk web1",
    "bucket acme-backups",
    "service account seawall-acme-writer",
    "service account seawall-acme-keeper",
    "access to bucket acme-backups",
    "channel ops@acme.example",
    "uptime check web1 port 443",
    "alarm no answer from outside",
    "alarm web1 does not run",
    "alarm web1: processors are busy",
    "alarm web1: a disk is nearly full",
    "budget of 200 a month",
}


def test_a_plan_then_an_apply_then_nothing(account: Account, google: Google) -> None:
    assert plan(google) == dict.fromkeys(EVERYTHING, "+")
    assert account.asked(mutating=True) == [], "a plan changes nothing"
    apply(google)
    assert plan(google) == {}
    account.tell("forget-asked")
    apply(google)
    assert account.asked(mutating=True) == [], "a second apply changes nothing"


def test_what_is_sent_is_what_was_reviewed(account: Account, google: Google) -> None:
    apply(google)
    asked = [each for each in account.tell("asked")["asked"] if each["mutates"]]
    text = json.dumps([{each["id"]: each["body"]} for each in asked], indent=1, sort_keys=True)
    text = re.sub(
        r'(?<=instance )\d+|(?<=/)\d{4,}(?=")|(?<== \\")\d{4,}|(?<=: ")\d{7,}(?=")', "NUMBER", text
    )
    same("clouds/gcp-requests.json", text + "\n")


Sabotage = Callable[[Account], None]


def _changed(name: str, **fields: Any) -> Sabotage:
    def change(account: Account) -> None:
        thing = account.things[name]
        account.tell("put", {name: {**thing, **fields}})

    return change


def _found(account: Account, kind: str, text: str) -> str:
    names = (n for n, t in account.things.items() if kind in n and text in json.dumps(t))
    return next(names)


def _gone(kind: str, text: str) -> Sabotage:
    return lambda account: account.gone(_found(account, kind, text))


def _off(kind: str, text: str, **fields: Any) -> Sabotage:
    return lambda account: _changed(_found(account, kind, text), **fields)(account)


def _schedule_deleted(account: Account) -> None:
    _changed(DISK, resourcePolicies=[])(account)
    account.gone(POLICY)


def _shorter(account: Account) -> None:
    told = account.things[POLICY]["snapshotSchedulePolicy"]
    told["retentionPolicy"]["maxRetentionDays"] = 1
    _changed(POLICY, snapshotSchedulePolicy=told)(account)


def _access_taken(account: Account) -> None:
    account.tell("put", {"policy-of/acme-backups": {"version": 1, "etag": "CAE="}})


SABOTAGES: dict[str, Sabotage] = {
    "the schedule deleted": _schedule_deleted,
    "copies kept for a day": _shorter,
    "the disk taken off": _changed(DISK, resourcePolicies=[]),
    "the bucket unblocked": _changed(
        "storage/acme-backups", iamConfiguration={"publicAccessPrevention": "inherited"}
    ),
    "versions switched off": _changed("storage/acme-backups", versioning={"enabled": False}),
    "soft deletion switched off": _changed(
        "storage/acme-backups", softDeletePolicy={"retentionDurationSeconds": "0"}
    ),
    "the writer's access taken": _access_taken,
    "the writer deleted": lambda account: account.gone(
        f"iam/projects/{PROJECT}/serviceAccounts/"
        f"seawall-acme-writer@{PROJECT}.iam.gserviceaccount.com"
    ),
    "an alarm deleted": _gone("alertPolicies", "does not run"),
    "an alarm switched off": _off("alertPolicies", "busy", enabled=False),
    "an alarm tells nobody": _off("alertPolicies", "nearly full", notificationChannels=[]),
    "the uptime check deleted": _gone("uptimeCheckConfigs", "web1"),
    "the budget deleted": _gone("budgets", "seawall-acme"),
}


@pytest.mark.parametrize("case", SABOTAGES)
def test_a_sabotage_is_seen_and_healed(account: Account, google: Google, case: str) -> None:
    apply(google)
    SABOTAGES[case](account)
    assert plan(google), case
    apply(google)
    assert plan(google) == {}


def test_an_apply_that_was_cut_off_goes_on(account: Account, google: Google) -> None:
    account.fail("monitoring.projects.alertPolicies.create", 500, times=9)
    with pytest.raises(SeawallError, match=r"alertPolicies\.create failed"):
        apply(google)
    assert 0 < len(plan(google)) < len(EVERYTHING)
    account.tell("faults", [])
    apply(google)
    assert plan(google) == {}


def test_an_alarm_that_was_made_without_an_answer_is_not_made_twice(
    account: Account, google: Google
) -> None:
    apply(google)
    names = [n for n in account.things if "alertPolicies/" in n]
    google.door.forget()
    apply(google)
    assert [n for n in account.things if "alertPolicies/" in n] == names


@pytest.mark.parametrize("status", [429, 503])
def test_throttling_everywhere_is_sat_out(account: Account, google: Google, status: int) -> None:
    account.tell("faults", [{"method": ".*", "status": status, "times": 2, "after": n * 9}
                            for n in range(4)])  # fmt: skip
    apply(google)
    assert plan(google) == {}


def test_a_login_that_ends_midway_says_so_and_the_next_apply_goes_on(
    account: Account, google: Google
) -> None:
    resources = list(google.resources())
    resources[0].apply()
    account.tell("set", {"end_tokens": True, "logins": False})
    with pytest.raises(SeawallError, match="login has ended"):
        resources[2].apply()
    account.tell("set", {"logins": True})
    with opened(wanted()).door as entered:
        assert entered.call("storage.buckets.list", project=PROJECT) == {"items": []}
    apply(google)
    assert plan(google) == {}


def test_a_missing_permission_is_named_before_anything_is_done(
    account: Account, google: Google
) -> None:
    assert google.missing() == ()
    account.tell("set", {"denied": ["compute.resourcePolicies.create", "storage.buckets.update"]})
    assert google.missing() == ("compute.resourcePolicies.create", "storage.buckets.update")
    assert account.asked(mutating=True) == []


def test_the_role_has_what_is_used_and_nothing_that_deletes(
    account: Account, google: Google
) -> None:
    same("clouds/gcp-role.json", json.dumps(google.policy(), indent=1) + "\n")
    had = set(google.policy()["includedPermissions"])
    assert not [each for each in had if "delete" in each.lower()] or had & {"compute.disks.delete"}
    apply(google)
    google.look()
    for each in set(account.asked()) - {"cloudresourcemanager.projects.testIamPermissions"}:
        needed = door.refusals.permission(each)
        assert needed in had or needed.startswith("billing."), f"{each} needs {needed}"


def test_a_name_of_ours_that_is_not_ours_is_left_alone(account: Account, google: Google) -> None:
    account.put("storage/acme-backups", location="EU", labels={"team": "sales"})
    account.put(POLICY, description="mine", snapshotSchedulePolicy={}, region="europe-west1")
    before = account.things
    for resource in list(google.resources())[:3]:
        if resource.what in (
            "bucket acme-backups",
            "snapshot schedule seawall-acme-snapshots in europe-west1",
        ):
            with pytest.raises(Foreign, match="is not ours"):
                resource.apply()
    assert account.things == before


def test_an_instance_in_the_place_of_another_is_asked_too(account: Account, google: Google) -> None:
    apply(google)
    _changed(f"{ROOT}/zones/{ZONE}/instances/web1", id="424242")(account)
    assert "uptime check web1 port 443" in plan(google)
    apply(google)
    assert plan(google) == {}


def test_a_bucket_that_is_elsewhere_is_said(account: Account, google: Google) -> None:
    apply(google)
    _changed("storage/acme-backups", location="US")(account)
    with pytest.raises(SeawallError, match="is in US, not in EUROPE-WEST1"):
        plan(google)


def test_a_disk_with_another_schedule_keeps_it(account: Account, google: Google) -> None:
    other = f"{ROOT}/regions/europe-west1/resourcePolicies/nightly"
    link = account.put(other, snapshotSchedulePolicy={}, region="europe-west1")
    _changed(DISK, resourcePolicies=[link])(account)
    apply(google)
    assert account.things[DISK]["resourcePolicies"] == [link]
    assert plan(google) == {}


def test_a_snapshot_now_is_listed_and_restored_and_put_away(
    account: Account, google: Google
) -> None:
    [name] = google.snapshot("web1")
    with pytest.raises(SeawallError, match="is not finished: CREATING"):
        google.restore(name, "web1")
    [made] = [n for n in account.things if n.endswith(f"snapshots/{name}")]
    _changed(made, status="READY")(account)
    google.door.forget()
    [listed] = google.snapshots()
    assert (listed.id, listed.disk, listed.ours) == (name, f"{ZONE}/web1", True)
    disk = google.restore(name, "web1")
    device = google.attach(disk, "web1")
    assert device == f"/dev/disk/by-id/google-{disk.partition('/')[2]}"
    assert len(account.things[f"{ROOT}/zones/{ZONE}/instances/web1"]["disks"]) == 2
    google.discard(disk, "web1")
    google.discard(disk, "web1")
    assert len(account.things[f"{ROOT}/zones/{ZONE}/instances/web1"]["disks"]) == 1
    assert f"{ROOT}/zones/{ZONE}/disks/{disk.partition('/')[2]}" not in account.things
    assert made in account.things, "a snapshot is never deleted"


def test_a_disk_that_a_server_lives_on_is_never_put_away(account: Account, google: Google) -> None:
    for ask in (google.discard, google.attach):
        with pytest.raises(Foreign, match="was not made by Seawall"):
            ask(f"{ZONE}/web1", "web1")
    assert account.asked(mutating=True) == []


def test_an_instance_that_is_not_there_is_said(account: Account) -> None:
    made = opened(wanted(web2=f"{PROJECT}/{ZONE}/web2"))
    with made.door, pytest.raises(SeawallError, match="web2 in europe-west1-b, and there is none"):
        list(made.resources())


def test_two_projects_are_one_too_many() -> None:
    with pytest.raises(ConfigError, match="one project is wanted, got acme-dev, acme-prod"):
        opened(wanted(web1=PLACE, web2=f"acme-dev/{ZONE}/web2"))


def _bad_account(account: Account) -> None:
    """An account in which everything is wrong."""
    where = f"{ROOT}/zones/{ZONE}"
    zone = f"{URL}projects/{PROJECT}/zones/{ZONE}"
    account.put(f"{where}/disks/left", sizeGb="100", zone=zone, type=f"{zone}/diskTypes/pd-ssd")
    old = "2020-01-01T00:00:00.000-08:00"
    source = f"{zone}/disks/web1"
    for name in ("old", "shown"):
        account.put(f"{ROOT}/global/snapshots/{name}", status="READY", creationTimestamp=old,
                    sourceDisk=source, diskSizeGb="20", storageLocations=["eu"])  # fmt: skip
    everybody = {"bindings": [{"role": "roles/compute.storageAdmin", "members": ["allUsers"]}]}
    account.put(f"{ROOT}/global/images/golden", status="READY")
    rule = {"IPProtocol": "tcp", "ports": ["22", "5432-5433"]}
    account.put(f"{ROOT}/global/firewalls/all", direction="INGRESS", allowed=[rule],
                sourceRanges=["0.0.0.0/0"], network="global/networks/default")  # fmt: skip
    account.put(f"{ROOT}/regions/europe-west1/addresses/spare", address="203.0.113.99",
                status="RESERVED", addressType="EXTERNAL")  # fmt: skip
    robot = f"robot@{PROJECT}.iam.gserviceaccount.com"
    owner = {"bindings": [{"role": "roles/owner", "members": [f"serviceAccount:{robot}"]}]}
    name = f"projects/{PROJECT}/serviceAccounts/{robot}"
    account.tell("put", {
        f"iam-policy-of/{ROOT}/global/snapshots/shown": everybody,
        f"iam-policy-of/{ROOT}/global/images/golden": everybody,
        "storage/leak": {"name": "leak", "location": "EU"},
        "project-of/leak": {"project": PROJECT},
        "policy-of/leak": {"bindings": [{"role": "roles/viewer", "members": ["allUsers"]}]},
        f"sqladmin/projects/{PROJECT}/instances/main": {
            "name": "main", "region": "europe-west1",
            "settings": {"ipConfiguration": {
                "ipv4Enabled": True, "authorizedNetworks": [{"value": "0.0.0.0/0"}]}}},
        f"policy-of/projects/{PROJECT}": {**owner, "etag": "CAE="},
        f"iam/{name}": {"name": name, "email": robot},
        f"iam/{name}/keys/1": {"name": f"{name}/keys/1", "validAfterTime": "2020-01-01T00:00:00Z"},
    })  # fmt: skip


def test_everything_wrong_is_seen(account: Account, google: Google) -> None:
    _bad_account(account)
    look = google.look()
    disks = {each.id: each for each in look.all(seen.Disk)}
    assert disks[f"{ZONE}/web1"].instance == PLACE and not disks[f"{ZONE}/left"].instance
    assert disks[f"{ZONE}/left"].dollars == pytest.approx(17.0)
    snapshots = {each.id: each for each in look.all(seen.Snapshot)}
    assert snapshots["shown"].public and not snapshots["old"].public
    assert snapshots["old"].disk == f"{ZONE}/web1" and snapshots["old"].at < 1.6e9
    assert [each.public for each in look.all(seen.Image)] == [True]
    openings = {(each.first, each.last): each for each in look.all(seen.Opening)}
    assert set(openings) == {(22, 22), (5432, 5433)}
    assert openings[22, 22].world and openings[22, 22].instances == (PLACE,)
    [database] = look.all(seen.ManagedDatabase)
    assert (database.public, database.backup_days, database.protected) == (True, 0, False)
    [bucket] = look.all(seen.Bucket)
    assert bucket.public and not bucket.blocked and "allUsers" in bucket.why
    [login] = look.all(seen.Login)
    assert login.root and login.keys == 1
    [key] = look.all(seen.AccessKey)
    assert key.at == 1577836800.0
    assert [each.attached for each in look.all(seen.Address)] == [False]
    assert look.all(seen.Alarm) == () and look.all(seen.Spending) == ()


def test_everything_made_is_seen(account: Account, google: Google) -> None:
    apply(google)
    look = google.look()
    dead = [each for each in look.all(seen.Alarm) if each.kind == "dead"]
    assert len(dead) == 2
    assert {(each.instance, each.tells) for each in dead} == {
        (PLACE, ("Seawall acme: ops@acme.example",))
    }
    assert [each.ours and each.enabled for each in look.all(seen.Schedule)] == [True]
    assert [each.ours and each.blocked for each in look.all(seen.Bucket)] == [True]
    assert len(look.all(seen.Spending)) == 1


def test_public_snapshots_are_found_one_by_one_where_the_search_is_off(
    account: Account, google: Google
) -> None:
    _bad_account(account)
    why = "Cloud Asset API has not been used in project 1: cloudasset.googleapis.com"
    account.fail("cloudasset.*", 403, why=why, times=9)
    look = google.look()
    assert [each.id for each in look.all(seen.Snapshot) if each.public] == ["shown"]
    assert [each.public for each in look.all(seen.Image)] == [True]


def test_what_may_not_be_read_is_unknown_and_the_rest_is_judged(
    account: Account, google: Google
) -> None:
    account.tell("set", {"denied": ["compute.firewalls.list"]})
    look = google.look()
    with pytest.raises(Unknown, match=r"compute\.firewalls\.list is missing"):
        look.all(seen.Opening)
    assert len(look.all(seen.Disk)) == 1


def test_a_login_that_is_refused_is_an_error_and_not_a_green_account(
    account: Account, google: Google
) -> None:
    account.tell("set", {"logins": False})
    with pytest.raises(SeawallError, match="login"):
        google.look()


def test_running_instances_can_be_written_down(google: Google) -> None:
    [one] = google.instances()
    assert (one.id, one.name, one.public, one.state) == (PLACE, "web1", "203.0.113.10", "running")


LABELS = some.sampled_from([{}, {"team": "x"}, {"seawall": "other"}])
KINDS = some.sampled_from(["disk", "bucket", "policy", "alarm", "channel", "check"])
THINGS = some.lists(some.tuples(KINDS, LABELS), min_size=4, max_size=20)


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(THINGS)
def test_nothing_that_lacks_our_mark_is_changed(
    running: Account, google: Google, others: list[tuple[str, dict[str, str]]]
) -> None:
    fresh(running)
    made = {_foreign(running, number, *each) for number, each in enumerate(others)}
    before = {name: running.things[name] for name in made}
    google.door.forget()
    apply(google)
    after = running.things
    assert {name: after.get(name) for name in made} == before


def _foreign(account: Account, number: int, kind: str, labels: dict[str, str]) -> str:
    """Somebody else's thing, often named as ours would be; returns what it is kept as."""
    zone = f"{URL}projects/{PROJECT}/zones/{ZONE}"
    monitored = f"monitoring/projects/{PROJECT}"
    name = {
        "disk": f"{ROOT}/zones/{ZONE}/disks/other{number}",
        "bucket": f"storage/other{number}",
        "policy": f"{ROOT}/regions/europe-west1/resourcePolicies/other{number}",
        "alarm": f"{monitored}/alertPolicies/9{number}",
        "channel": f"{monitored}/notificationChannels/9{number}",
        "check": f"{monitored}/uptimeCheckConfigs/9{number}",
    }[kind]
    thing: dict[str, Any] = {"name": name.rsplit("/", 1)[1], "labels": labels}
    if kind in ("alarm", "channel", "check"):
        thing = {"name": name.partition("/")[2], "userLabels": labels}
        thing["displayName"] = "Seawall acme: web1 does not run"
    if kind == "policy":
        thing = {"name": f"other{number}", "snapshotSchedulePolicy": {}, "description": str(labels)}
    if kind == "disk":
        thing |= {"zone": zone, "sizeGb": "1"}
    if name.startswith("compute/"):
        thing["selfLink"] = URL + name.removeprefix("compute/")
    account.tell("put", {name: thing, f"project-of/other{number}": {"project": PROJECT}})
    return name
