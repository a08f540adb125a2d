"""What Seawall promises of an account at Amazon, over HTTP against moto in a process of its own.

What this shows and what it does not: docs/clouds.md.
"""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from amazon import CREDENTIALS, Amazon, running
from amazon.startup import ACCOUNT, Startup
from amazon.wire import Fault
from golden import same
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from seawall import clouds
from seawall import config as configuration
from seawall.clouds.audit import AS_DECLARED, Audit
from seawall.clouds.aws import policy, schedules
from seawall.clouds.aws.refusals import permission
from seawall.engine import accounts
from seawall.errors import SeawallError
from seawall.kit import Look, answer
from seawall.kit.amounts import DAY
from seawall.kit.cloud import Account, Aws, Login, Placed, Wanted

FINE = {check.id for check in (*Audit.checks(), AS_DECLARED)}


@pytest.fixture(scope="module")
def amazon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Amazon]:
    with running(tmp_path_factory.mktemp("amazon")) as started:
        yield started


@pytest.fixture(scope="module")
def applied(amazon: Amazon, tmp_path_factory: pytest.TempPathFactory) -> Startup:
    """An account as declared, and how it came to be so."""
    startup = Startup(amazon, tmp_path_factory.mktemp("acme")).begin()
    bare = startup.plan()
    assert bare.error is None and not bare.preflight
    assert not amazon.changes, "a plan changed something"
    assert {each.action for each in bare.changes} == {"+"}
    features = {each.feature for each in bare.changes}
    assert features == {"snapshots", "alarms", "bucket"}
    done = startup.apply({ACCOUNT: bare.hash})
    assert done.error is None, (done.error, done.error and done.error.hint)
    assert done.changes == bare.changes
    cloud = clouds.opened("aws", accounts.wanted(startup.config, ACCOUNT))
    cloud.snapshot("web1")
    return startup


def test_what_was_applied_is_as_declared_and_green(applied: Startup) -> None:
    again = applied.plan()
    assert again.converged, [each.diff for each in again.changes]
    found = applied.check()
    assert {name for name, (state, _) in found.items() if state == "fine"} == FINE, found


def test_what_is_kept_at_amazon_reads_like_this(applied: Startup) -> None:
    """Golden: the schedule, the alarms, roles, users and the bucket, as the wire carried them."""
    kept = [each["PolicyDetails"] for each in applied.amazon.policies.of("eu-west-1").values()]
    alarms = applied.amazon.client("cloudwatch").describe_alarms()["MetricAlarms"]
    passing = ("StateUpdatedTimestamp", "AlarmConfigurationUpdatedTimestamp", "StateReasonData")
    passing += ("StateTransitionedTimestamp", "StateReason")
    told = [{k: v for k, v in each.items() if k not in passing} for each in alarms]
    text = json.dumps({"schedule": kept, "alarms": told}, indent=1, sort_keys=True, default=str)
    same("cloud/aws-kept.json", text.replace(applied.instance, "i-INSTANCE") + "\n")


def test_sabotage_through_the_api_is_red_and_apply_heals_what_it_made(applied: Startup) -> None:
    amazon, instance = applied.amazon, applied.instance
    _sabotage_ours(amazon)
    theirs = _surprise(amazon, instance)
    found = applied.check()
    red = {name for name, (state, _) in found.items() if state == "found"}
    later = {"account.root-has-no-keys", "account.snapshots-are-recent"}
    assert red == FINE - later - {"account.access-keys-are-young"}, FINE - red
    for _, findings in found.values():
        assert all(finding.fix and finding.evidence for finding in findings)
    differing = " ".join(each.problem for each in found["account.as-declared"][1])
    for what in ("schedule", "hardware", "public", "versions" and "replaced", "servers", "mail"):
        assert what in differing
    amazon.asked.clear()
    done = applied.apply()
    assert done.error is None, done.error
    assert applied.plan().converged
    healed = applied.check()
    assert healed["account.as-declared"] == ("fine", ())
    assert healed["account.schedules-run"][0] == "fine"
    assert healed["account.servers-have-alarms"] == ("fine", ())
    assert not [each for each in amazon.changes if "Delete" in each], "something was deleted"
    _tidy(amazon, instance, theirs)
    assert {name for name, (state, _) in applied.check().items() if state == "fine"} == FINE


def _sabotage_ours(amazon: Amazon) -> None:
    """Through Amazon's own API, as somebody in a hurry would."""
    dlm, s3 = amazon.client("dlm"), amazon.client("s3")
    [schedule] = amazon.policies.of("eu-west-1")
    dlm.update_lifecycle_policy(PolicyId=schedule, State="DISABLED")
    watch = amazon.client("cloudwatch")
    watch.delete_alarms(AlarmNames=["seawall-acme-web1-hardware", "seawall-acme-web1-dead"])
    amazon.client("cloudwatch", "us-east-1").delete_alarms(AlarmNames=["seawall-acme-bill"])
    s3.delete_public_access_block(Bucket="acme-backups")
    s3.put_bucket_versioning(Bucket="acme-backups", VersioningConfiguration={"Status": "Suspended"})
    sns = amazon.client("sns")
    topic = "arn:aws:sns:eu-west-1:123456789012:seawall-acme"
    for each in sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]:
        sns.unsubscribe(SubscriptionArn=each["SubscriptionArn"])
    iam = amazon.client("iam")
    everything = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    iam.put_user_policy(
        UserName="seawall-acme-servers",
        PolicyName="seawall",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [everything]}),
    )


def _surprise(amazon: Amazon, instance: str) -> dict[str, Any]:
    """What is not ours, and would surprise its owner."""
    ec2, made = amazon.client("ec2"), {}
    [volume] = ec2.describe_volumes()["Volumes"]
    zone = volume["AvailabilityZone"]
    plain = ec2.create_volume(Size=5, AvailabilityZone=zone)["VolumeId"]
    ec2.attach_volume(VolumeId=plain, InstanceId=instance, Device="/dev/sdp")
    lost = ec2.create_volume(Size=5, AvailabilityZone=zone, Encrypted=True)["VolumeId"]
    snapshot = ec2.create_snapshot(VolumeId=volume["VolumeId"])["SnapshotId"]
    _everybody(ec2, snapshot, "add")
    made |= {"attached": plain, "lost": lost, "snapshot": snapshot}
    made["address"] = ec2.allocate_address(Domain="vpc")["AllocationId"]
    [group] = ec2.describe_instances()["Reservations"][0]["Instances"][0]["SecurityGroups"]
    made["group"] = group["GroupId"]
    ec2.authorize_security_group_ingress(GroupId=group["GroupId"], IpPermissions=[POSTGRES])
    ec2.modify_instance_metadata_options(InstanceId=instance, HttpTokens="optional")
    amazon.client("rds").create_db_instance(
        DBInstanceIdentifier="open",
        DBInstanceClass="db.t3.micro",
        Engine="postgres",
        PubliclyAccessible=True,
        BackupRetentionPeriod=0,
        AllocatedStorage=20,
        MasterUsername="acme",
        MasterUserPassword="not-a-secret-at-all",
    )
    iam = amazon.client("iam")
    iam.create_user(UserName="li")
    iam.create_login_profile(UserName="li", Password="not-a-secret-at-all-1!")
    amazon.client("s3", "us-east-1").create_bucket(Bucket="leaky", ACL="public-read")
    return made


POSTGRES = {
    "IpProtocol": "tcp",
    "FromPort": 5432,
    "ToPort": 5432,
    "IpRanges": [{"CidrIp": "0.0.0.0/0"}],
}


def _everybody(ec2: Any, snapshot: str, how: str) -> None:
    ec2.modify_snapshot_attribute(
        SnapshotId=snapshot,
        Attribute="createVolumePermission",
        OperationType=how,
        GroupNames=["all"],
    )


def _tidy(amazon: Amazon, instance: str, made: dict[str, Any]) -> None:
    """What the findings say that a person does."""
    ec2, iam = amazon.client("ec2"), amazon.client("iam")
    ec2.detach_volume(VolumeId=made["attached"], InstanceId=instance)
    for volume in (made["attached"], made["lost"]):
        ec2.delete_volume(VolumeId=volume)
    _everybody(ec2, made["snapshot"], "remove")
    ec2.release_address(AllocationId=made["address"])
    ec2.revoke_security_group_ingress(GroupId=made["group"], IpPermissions=[POSTGRES])
    ec2.modify_instance_metadata_options(InstanceId=instance, HttpTokens="required")
    amazon.client("rds").delete_db_instance(DBInstanceIdentifier="open", SkipFinalSnapshot=True)
    iam.delete_login_profile(UserName="li")
    amazon.client("s3", "us-east-1").delete_bucket(Bucket="leaky")


def test_what_moto_cannot_show_is_judged_by_hand(applied: Startup) -> None:
    """Root's keys, and what only time brings: keys and snapshots of 100 days ago."""
    wanted = accounts.wanted(applied.config, ACCOUNT)
    seen = clouds.opened("aws", wanted).look()
    applied.amazon.client("iam").create_access_key(UserName="li")
    seen = clouds.opened("aws", wanted).look()
    later = replace(seen, now=time.time() + 100 * DAY)
    assert _problems(wanted, later, "access_keys_are_young") == ["an access key is old"]
    assert _problems(wanted, later, "snapshots_are_recent") == ["snapshots have stopped"]
    root = replace(seen, parts={Login: (Login("root", True, True, keys=1),)})
    assert _problems(wanted, root, "root_has_no_keys") == ["root has access keys"]
    applied.amazon.client("iam").delete_access_key(
        UserName="li",
        AccessKeyId=applied.amazon.client("iam").list_access_keys(UserName="li")[
            "AccessKeyMetadata"
        ][0]["AccessKeyId"],
    )


def _problems(wanted: Wanted, seen: Account, method: str) -> list[str]:
    check = next(each for each in Audit.checks() if each.method == method)
    result = answer(Audit(), check, Look(wanted, ACCOUNT, facts={"account": seen}))
    assert result.state == "found", result
    return [finding.problem for finding in result.findings]


def test_busy_and_failing_answers_are_asked_again(applied: Startup) -> None:
    applied.amazon.faults += [
        Fault("ec2:DescribeVolumes", "RequestLimitExceeded", 503, 2),
        Fault("ec2:DescribeSnapshots", "InternalError", 500, 2),
        Fault("ec2:DescribeAddresses", times=2, cut=True),
        Fault("sns:", "Throttling", 400, 1),
    ]
    assert {name for name, (state, _) in applied.check().items() if state == "fine"} == FINE
    assert all(fault.times == 0 for fault in applied.amazon.faults)


FAULTS = [
    ("ec2:DescribeVolumes", "UnauthorizedOperation", 403, "ec2:DescribeVolumes is missing"),
    ("rds:", "AccessDenied", 403, "rds:DescribeDBInstances is missing"),
    ("s3:GET /(\\?|$)", "AccessDenied", 403, "s3:ListAllMyBuckets is missing"),
    ("ec2:DescribeSnapshots", "OptInRequired", 401, "is not enabled for this account"),
    ("ec2:DescribeImages", "ExpiredToken", 400, "the credentials have expired"),
    ("ec2:DescribeAddresses", "SignatureDoesNotMatch", 403, "the signature of"),
]


def test_what_cannot_be_read_is_unknown_and_named(applied: Startup) -> None:
    """One permission missing out of many, a region that is off, a login that ends meanwhile."""
    applied.amazon.faults += [Fault(op, code, status, 50) for op, code, status, _ in FAULTS]
    look = clouds.opened("aws", accounts.wanted(applied.config, ACCOUNT)).look()
    unknown = [each for each in look.parts.values() if not isinstance(each, tuple)]
    applied.amazon.faults.clear()
    told = sorted(each.why for each in unknown)
    for *_, said in FAULTS:
        assert any(said in each for each in told), (said, told)
    assert len(unknown) == len(FAULTS), told
    assert all(each.fix for each in unknown)


def test_an_apply_that_stops_half_way_says_so_and_the_next_one_goes_on(
    amazon: Amazon, tmp_path: Path
) -> None:
    startup = Startup(amazon, tmp_path).begin()
    amazon.faults.append(Fault("cloudwatch:PutMetricAlarm", "ExpiredToken", 403, 50))
    stopped = startup.apply()
    amazon.faults.clear()
    assert stopped.error and "expired" in stopped.error.problem
    assert "what was done before stays" in stopped.error.hint
    assert 5 <= len(stopped.changes) < 15
    failed = [each for each in startup.events if each.type == "step" and not each.ok]
    assert [each.feature for each in failed] == ["alarms"]
    assert startup.apply().error is None
    assert startup.plan().converged


def test_a_missing_permission_is_named_before_anything_is_done(
    amazon: Amazon, tmp_path: Path
) -> None:
    startup = Startup(amazon, tmp_path).begin()
    amazon.denied |= {"dlm:CreateLifecyclePolicy", "s3:PutBucketVersioning"}
    told = startup.plan().preflight
    assert told == (
        "the permission dlm:CreateLifecyclePolicy is missing",
        "the permission s3:PutBucketVersioning is missing",
    )
    refused = startup.apply()
    assert refused.error and "dlm:CreateLifecyclePolicy" in refused.error.problem
    assert not amazon.changes


def test_a_plan_that_changed_is_not_applied(amazon: Amazon, tmp_path: Path) -> None:
    startup = Startup(amazon, tmp_path).begin("    alarms: { email: ops@acme.example }\n")
    shown = startup.plan()
    startup.describe("    alarms: { email: eve@acme.example }\n")
    moved = startup.apply({ACCOUNT: shown.hash})
    assert moved.error and "changed since the plan was shown" in moved.error.problem
    assert not amazon.changes


CLASHES = ("topic", "alarm", "bucket", "role", "user", "schedule")


@settings(
    max_examples=6,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    clashes=some.sets(some.sampled_from(CLASHES), min_size=1),
    owner=some.sampled_from(["", "other"]),
    extra=some.integers(1, 3),
)
def test_what_lacks_our_tag_stays_as_it_is(
    amazon: Amazon, tmp_path: Path, clashes: set[str], owner: str, extra: int
) -> None:
    """Random accounts with things of our names, without our tag or with another project's."""
    startup = Startup(amazon, tmp_path).begin()
    tags = [{"Key": "seawall", "Value": owner}] if owner else [{"Key": "x", "Value": "y"}]
    for each in sorted(clashes):
        OTHERS[each](amazon, tags)
    ec2 = amazon.client("ec2")
    for _ in range(extra):
        ec2.create_volume(Size=1, AvailabilityZone="eu-west-1a")
    before = _theirs(amazon, startup.instance)
    amazon.asked.clear()
    planned, done = startup.plan(), startup.apply()
    if clashes - {"schedule"}:
        assert planned.error and done.error and "is not Seawall's" in done.error.problem
    assert _theirs(amazon, startup.instance) == before
    assert not [each for each in amazon.changes if "Delete" in each or "Terminate" in each]


def _other_schedule(amazon: Amazon, tags: list[dict[str, str]]) -> None:
    rule = {"Name": "theirs", "CreateRule": {"Interval": 24}, "RetainRule": {"Count": 1}}
    amazon.client("dlm").create_lifecycle_policy(
        ExecutionRoleArn="arn:aws:iam::123456789012:role/theirs",
        Description="theirs",
        State="ENABLED",
        PolicyDetails={
            "PolicyType": "EBS_SNAPSHOT_MANAGEMENT",
            "ResourceTypes": ["VOLUME"],
            "TargetTags": [{"Key": "seawall", "Value": "acme"}],
            "Schedules": [rule],
        },
        Tags={each["Key"]: each["Value"] for each in tags},
    )


def _other_bucket(amazon: Amazon, tags: list[dict[str, str]]) -> None:
    s3 = amazon.client("s3")
    place = {"LocationConstraint": "eu-west-1"}
    s3.create_bucket(Bucket="acme-backups", CreateBucketConfiguration=place)
    s3.put_bucket_tagging(Bucket="acme-backups", Tagging={"TagSet": tags})


def _other_alarm(amazon: Amazon, tags: list[dict[str, str]]) -> None:
    amazon.client("cloudwatch").put_metric_alarm(
        AlarmName="seawall-acme-web1-dead",
        Namespace="Mine",
        MetricName="Mine",
        Period=60,
        Statistic="Sum",
        EvaluationPeriods=1,
        Threshold=5,
        ComparisonOperator="LessThanThreshold",
        Tags=tags,
    )


OTHERS: dict[str, Any] = {
    "topic": lambda a, tags: a.client("sns").create_topic(Name="seawall-acme", Tags=tags),
    "alarm": _other_alarm,
    "bucket": _other_bucket,
    "role": lambda a, tags: a.client("iam").create_role(
        RoleName="seawall-acme-snapshots", AssumeRolePolicyDocument="{}", Tags=tags
    ),
    "user": lambda a, tags: a.client("iam").create_user(UserName="seawall-acme-servers", Tags=tags),
    "schedule": _other_schedule,
}


def _theirs(amazon: Amazon, instance: str) -> Any:
    """Everything in the account that is not ours, as Amazon tells it."""
    iam, s3 = amazon.client("iam"), amazon.client("s3")
    ec2, watch = amazon.client("ec2"), amazon.client("cloudwatch")
    names = {e["Name"] for e in s3.list_buckets()["Buckets"]}
    told = {
        "volumes": [{**e, "Tags": []} for e in ec2.describe_volumes()["Volumes"]],
        "groups": ec2.describe_security_groups()["SecurityGroups"],
        "alarms": [a for a in watch.describe_alarms()["MetricAlarms"] if a["Namespace"] == "Mine"],
        "roles": [r for r in iam.list_roles()["Roles"] if _is(iam.list_role_tags, r["RoleName"])],
        "users": [u for u in iam.list_users()["Users"] if _is(iam.list_user_tags, u["UserName"])],
        "schedules": [
            e
            for e in amazon.policies.of("eu-west-1").values()
            if e.get("Tags", {}).get("seawall") != "acme"
        ],
        "buckets": {n: s3.get_bucket_versioning(Bucket=n).get("Status") for n in names},
    }
    found = s3.get_bucket_tagging(Bucket=min(names))["TagSet"] if names else []
    if {"Key": "seawall", "Value": "acme"} in found:
        told["buckets"] = {}
    return json.loads(json.dumps(told, default=str, sort_keys=True))


def _is(ask: Any, name: str) -> bool:
    key = "RoleName" if "role" in ask.__name__ else "UserName"
    return {"Key": "seawall", "Value": "acme"} not in ask(**{key: name})["Tags"]


def test_the_policy_is_the_least_and_covers_every_call(applied: Startup) -> None:
    everything = Aws(
        snapshots={"every": "1d"}, alarms={"email": "a@b.example"}, bucket={"name": "acme-backups"}
    )
    server = {"web1": Placed(aws="i-0abc1234def567890", region="eu-west-1")}
    document = policy.document(Wanted("acme", everything, server), "123456789012")
    same("cloud/aws-policy.json", json.dumps(document, indent=2) + "\n")
    actions = [each for rule in document["Statement"] for each in rule["Action"]]
    assert not [each for each in actions if "*" in each]
    for rule in document["Statement"]:
        reads = all(
            e.split(":")[1].startswith(("Describe", "Get", "List", "View")) for e in rule["Action"]
        )
        assert reads or rule["Resource"] != "*" or "Condition" in rule, rule["Sid"]
    asked = [each for each in applied.amazon.asked if each.ours and " " not in each.operation]
    called = {each.name for each in asked}
    simulated = {"sts:GetCallerIdentity", "iam:SimulatePrincipalPolicy"}
    assert called
    assert {permission(each) for each in called} - simulated <= set(actions)


@pytest.mark.parametrize(
    "good",
    [
        "cron(0 3 ? * SUN *)",
        "cron(15 10 * * ? *)",
        "cron(0/15 8-17 ? * MON-FRI 2026)",
        "cron(0 8 L * ? *)",
        "cron(0 8 ? * 6#3 *)",
        "rate(1 hour)",
        "rate(12 hours)",
    ],
)
def test_expressions_that_amazon_takes(good: str) -> None:
    assert schedules.valid(good) == good


@pytest.mark.parametrize(
    "bad",
    [
        "cron(0 3 * * * *)",
        "cron(0 3 ? * ? *)",
        "cron(60 3 ? * SUN *)",
        "cron(0 24 ? * SUN *)",
        "cron(0 3 * * SUN)",
        "cron(0 3 ? 13 SUN *)",
        "cron(0 3 ? * 8 *)",
        "rate(0 hours)",
        "rate(1 hours)",
        "rate(2 hour)",
        "rate(5 weeks)",
        "every day",
        "cron(0 5-3 ? * SUN *)",
    ],
)
def test_expressions_that_amazon_refuses(bad: str) -> None:
    with pytest.raises(ValueError, match=re.escape(bad)):
        schedules.valid(bad)


def test_the_command_line_plans_applies_and_shows_no_credential(
    amazon: Amazon, tmp_path: Path
) -> None:
    startup = Startup(amazon, tmp_path).begin("    alarms: { email: ops@acme.example }\n")
    told = _seawall(tmp_path, "plan", "--cloud-only", "--diff")
    told += _seawall(tmp_path, "apply", "--cloud-only", "--dry-run")
    assert not amazon.changes
    assert "alarm seawall-acme-web1-dead" in told
    told += _seawall(tmp_path, "apply", "--cloud-only", "--yes")
    assert startup.plan().converged
    amazon.faults.append(Fault("sns:", "ExpiredToken", 403, 50))
    told += _seawall(tmp_path, "plan", "--cloud-only", code=1)
    amazon.faults.clear()
    assert "the credentials have expired" in told
    assert not [secret for secret in CREDENTIALS.values() if secret in told]


def _seawall(folder: Path, *words: str, code: int = 0, talk: bool = True) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "seawall", *words],
        cwd=folder,
        env=os.environ | {"COLUMNS": "80"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + (done.stderr if talk else "")


def test_disks_are_listed_brought_back_beside_and_only_what_we_made_is_discarded(
    amazon: Amazon, tmp_path: Path
) -> None:
    startup = Startup(amazon, tmp_path).begin("    snapshots: {}\n")
    cloud = clouds.opened("aws", accounts.wanted(startup.config, ACCOUNT))
    _seawall(tmp_path, "snapshots", "now", "web1")
    told = _seawall(tmp_path, "snapshots", "list")
    assert cloud.snapshots()[0].id in told
    [listed] = cloud.snapshots()
    assert listed.complete and listed.ours and listed.gigabytes == 8
    made = cloud.restore(listed.id, "web1")
    assert cloud.attach(made, "web1").endswith(made.replace("-", ""))
    there = {e["VolumeId"]: e for e in amazon.client("ec2").describe_volumes()["Volumes"]}
    assert there[made]["Attachments"][0]["InstanceId"] == startup.instance
    [theirs] = set(there) - {made}
    with pytest.raises(SeawallError, match="was not made for a proof"):
        cloud.discard(theirs, "web1")
    cloud.discard(made, "web1")
    assert {e["VolumeId"] for e in amazon.client("ec2").describe_volumes()["Volumes"]} == {theirs}


def test_what_runs_is_written_as_servers_and_the_policy_is_printed(
    amazon: Amazon, tmp_path: Path
) -> None:
    startup = Startup(amazon, tmp_path).begin("    alarms: { email: ops@acme.example }\n")
    printed = json.loads(_seawall(tmp_path, "cloud", "policy"))
    assert [each["Sid"] for each in printed["Statement"]] == ["Look", "Topic", "Alarms"]
    nothing = "project: acme\ncloud: { aws: { region: eu-west-1 } }\n"
    (tmp_path / "seawall.yml").write_text(nothing)
    [server] = configuration.parse(
        _seawall(tmp_path, "servers", "import", "aws", talk=False)
    ).servers.values()
    assert server.cloud and server.cloud.aws == startup.instance
    assert not amazon.changes
