"""The least that an account must allow Seawall: one statement for each purpose, no star for an
action, and changes only of what bears our name or our tag wherever IAM can say so.
"""

import re
from typing import Any

from seawall.clouds.aws.session import GLOBAL, Session
from seawall.errors import SeawallError, Unreachable
from seawall.kit.cloud import MissingPermission, Wanted
from seawall.kit.cloud.contract import TAG

READS = {
    "ec2": "Addresses Images Instances SecurityGroups Snapshots Volumes",
    "rds": "DBInstances",
    "cloudwatch": "Alarms",
}
LOOKS = (
    "budgets:ViewBudget",
    "cloudwatch:ListTagsForResource",
    "dlm:GetLifecyclePolicies",
    "dlm:GetLifecyclePolicy",
    "iam:GetAccountSummary",
    "iam:GetLoginProfile",
    "iam:ListAccessKeys",
    "iam:ListMFADevices",
    "iam:ListUsers",
    "s3:GetBucketAcl",
    "s3:GetBucketPolicyStatus",
    "s3:GetBucketPublicAccessBlock",
    "s3:GetBucketTagging",
    "s3:ListAllMyBuckets",
    "sns:ListSubscriptionsByTopic",
)
ROLE = ("CreateRole", "GetRole", "GetRolePolicy", "ListRoleTags", "PutRolePolicy", "TagRole")
USER = ("CreateUser", "GetUser", "GetUserPolicy", "ListUserTags", "PutUserPolicy", "TagUser")
BUCKET = (
    "CreateBucket",
    "GetBucketObjectLockConfiguration",
    "GetBucketPolicy",
    "GetBucketVersioning",
    "GetEncryptionConfiguration",
    "GetLifecycleConfiguration",
    "ListBucket",
    "PutBucketObjectLockConfiguration",
    "PutBucketPolicy",
    "PutBucketPublicAccessBlock",
    "PutBucketTagging",
    "PutBucketVersioning",
    "PutEncryptionConfiguration",
    "PutLifecycleConfiguration",
)


def document(wanted: Wanted, account: str = "*") -> dict[str, Any]:
    """The policy for what seawall.yml declares now."""
    rules = [_rule("Look", _looks(), "*")]
    if wanted.settings.snapshots:
        rules += _snapshots(wanted, account)
    if wanted.settings.alarms:
        rules += _alarms(wanted, account)
    if wanted.settings.bucket:
        rules += _bucket(wanted, account, wanted.settings.bucket.name)
    return {"Version": "2012-10-17", "Statement": rules}


def _looks() -> list[str]:
    described = [f"{s}:Describe{each}" for s, all_of in READS.items() for each in all_of.split()]
    return sorted([*described, *LOOKS])


def _rule(name: str, actions: list[str], where: Any, **condition: Any) -> dict[str, Any]:
    rule = {"Sid": name, "Effect": "Allow", "Action": actions, "Resource": where}
    return {**rule, "Condition": condition} if condition else rule


def _snapshots(wanted: Wanted, account: str) -> list[dict[str, Any]]:
    role = f"arn:aws:iam::{account}:role/{wanted.prefix}-snapshots"
    policies = f"arn:aws:dlm:*:{account}:policy/*"
    mine = {f"aws:ResourceTag/{TAG}": wanted.project}
    begun = {f"aws:RequestTag/{TAG}": wanted.project}
    passed = {"iam:PassedToService": "dlm.amazonaws.com"}
    return [
        _rule("ScheduleRole", _iam(ROLE, "UpdateAssumeRolePolicy"), role),
        _rule("PassRole", ["iam:PassRole"], role, StringEquals=passed),
        _rule("NewSchedule", ["dlm:CreateLifecyclePolicy"], "*", StringEquals=begun),
        _rule("TagSchedule", ["dlm:TagResource"], policies, StringEquals=begun),
        _rule("OurSchedule", ["dlm:UpdateLifecyclePolicy"], policies, StringEquals=mine),
        *_disks(wanted, account, mine, begun),
    ]


def _disks(wanted: Wanted, account: str, mine: Any, begun: Any) -> list[dict[str, Any]]:
    named = [f"arn:aws:ec2:*:{account}:instance/{e.aws}" for e in wanted.servers.values()]
    disks, images = f"arn:aws:ec2:*:{account}:volume/*", "arn:aws:ec2:*::snapshot/*"
    made = {"ec2:CreateAction": ["CreateSnapshots", "CreateVolume"]}
    taken = ["ec2:AttachVolume", "ec2:DetachVolume"]
    ours = [*taken, "ec2:DeleteVolume"]
    rules = [
        _rule("Restore", ["ec2:CreateVolume"], [disks, images]),
        _rule("TagNew", ["ec2:CreateTags"], [disks, images], StringEquals=made),
        _rule("ProveDisk", sorted(ours), disks, StringEquals=mine),
    ]
    if not named:
        return rules
    return [
        _rule("TagServers", ["ec2:CreateTags"], named, StringEquals=begun),
        _rule("SnapshotNow", ["ec2:CreateSnapshots"], [*named, disks, images]),
        *rules,
        _rule("Prove", taken, named),
    ]


def _iam(names: tuple[str, ...], *more: str) -> list[str]:
    return [f"iam:{each}" for each in sorted([*names, *more])]


def _alarms(wanted: Wanted, account: str) -> list[dict[str, Any]]:
    topic = f"arn:aws:sns:*:{account}:{wanted.prefix}"
    alarm = f"arn:aws:cloudwatch:*:{account}:alarm:{wanted.prefix}-*"
    told = ("CreateTopic", "GetTopicAttributes", "ListTagsForResource", "Subscribe", "TagResource")
    return [
        _rule("Topic", [f"sns:{each}" for each in told], topic),
        _rule("Alarms", ["cloudwatch:PutMetricAlarm", "cloudwatch:TagResource"], alarm),
    ]


def _bucket(wanted: Wanted, account: str, name: str) -> list[dict[str, Any]]:
    users = [f"arn:aws:iam::{account}:user/{wanted.prefix}-{e}" for e in ("servers", "retention")]
    return [
        _rule("Bucket", [f"s3:{each}" for each in BUCKET], f"arn:aws:s3:::{name}"),
        _rule("BucketUsers", _iam(USER), users),
    ]


def missing(session: Session) -> tuple[str, ...]:
    """Actions that IAM's own simulator says are denied to whoever we are.

    Nothing when the simulator may not be asked: then the call that is denied is named when it
    comes, which for everything that is only read is before any change.
    """
    if session.arn.endswith(":root"):
        return ()
    try:
        return tuple(sorted(set(_denied(session))))
    except Unreachable:
        raise
    except (MissingPermission, SeawallError):
        return ()


def _denied(session: Session) -> list[str]:
    found = []
    for rule in document(session.wanted, session.account)["Statement"]:
        where = rule["Resource"] if isinstance(rule["Resource"], list) else [rule["Resource"]]
        what = {
            "PolicySourceArn": principal(session.arn),
            "ActionNames": rule["Action"],
            "ResourceArns": where,
            "ContextEntries": _context(rule.get("Condition", {})),
        }
        for each in _answers(session, what):
            if each["EvalDecision"] != "allowed":
                found.append(each["EvalActionName"])
    return found


def _answers(session: Session, what: dict[str, Any]) -> list[dict[str, Any]]:
    pages = session.pages("iam", "simulate_principal_policy", GLOBAL, **what)
    return [each for page in pages for each in page["EvaluationResults"]]


def _context(condition: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "ContextKeyName": key,
            "ContextKeyType": "stringList" if isinstance(value, list) else "string",
            "ContextKeyValues": value if isinstance(value, list) else [value],
        }
        for equals in condition.values()
        for key, value in equals.items()
    ]


def principal(arn: str) -> str:
    """Whom the simulator knows: a role, where we are a session of it."""
    taken = re.fullmatch(r"arn:aws:sts::(\d+):assumed-role/([^/]+)/.*", arn)
    return f"arn:aws:iam::{taken[1]}:role/{taken[2]}" if taken else arn
