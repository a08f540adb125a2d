"""Snapshots that Amazon makes by itself: Data Lifecycle Manager, one policy in each region.

Not EventBridge Scheduler: that can begin a snapshot, and neither forgets old ones nor copies to
another region, so code of ours would have to live in the account. A policy does all three, and goes
on when everything of ours is dead. It finds disks by the tag of their instance; the instances that
seawall.yml names get it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from seawall.clouds.aws import schedules
from seawall.clouds.aws.identity import Role
from seawall.clouds.aws.owned import tagged, tags
from seawall.clouds.aws.session import Session
from seawall.clouds.aws.thing import Settings, Thing
from seawall.errors import SeawallError
from seawall.kit.amounts import DAY
from seawall.kit.cloud import Resource, Snapshots
from seawall.kit.cloud.contract import TAG

HOURS = {"1h": 1, "2h": 2, "3h": 3, "4h": 4, "6h": 6, "8h": 8, "12h": 12, "1d": 24}
"""What CreateRule.Interval takes; a week is a cron expression."""
WRITES = ("ec2:CreateSnapshot", "ec2:CreateSnapshots", "ec2:CopySnapshot")
READS = ("ec2:DescribeInstances", "ec2:DescribeVolumes", "ec2:DescribeSnapshots")


def resources(session: Session, settings: Snapshots) -> Iterator[Resource]:
    """A role that the service may take, the tag of each server, and a policy in each region."""
    placed = session.wanted.servers
    yield role(session)
    for server in placed:
        yield Tagged(session, server)
    for region in sorted({each.region for each in placed.values() if each.region}):
        yield Policy(session, settings, region)


def role(session: Session) -> Role:
    """What the service may do: make and copy snapshots, and forget only those it made."""
    made = {"StringEquals": {f"ec2:ResourceTag/{TAG}": session.wanted.project}}
    anywhere = "arn:aws:ec2:*::snapshot/*"
    rules: list[Settings] = [
        {"Effect": "Allow", "Action": [*READS], "Resource": "*"},
        {"Effect": "Allow", "Action": [*WRITES], "Resource": "*"},
        {
            "Effect": "Allow",
            "Action": "ec2:CreateTags",
            "Resource": anywhere,
            "Condition": {"StringEquals": {"ec2:CreateAction": [e[4:] for e in WRITES]}},
        },
        {
            "Effect": "Allow",
            "Action": "ec2:DeleteSnapshot",
            "Resource": anywhere,
            "Condition": made,
        },
    ]
    return Role(session, "snapshots", "dlm.amazonaws.com", rules)


@dataclass
class Tagged(Thing):
    """An instance that seawall.yml names bears our tag, so that the schedule finds it."""

    server: str
    feature = "snapshots"

    @property
    def what(self) -> str:  # type: ignore[override]
        return (
            f"tag {TAG}={self.session.wanted.project} on {self._place.aws}, which is {self.server}"
        )

    @property
    def _place(self) -> Any:
        return self.session.wanted.servers[self.server]

    @cached_property
    def wanted(self) -> Settings:
        return {TAG: self.session.wanted.project}

    def seen(self) -> Settings | None:
        found = instance(self.session, self.server)
        mine = next((e["Value"] for e in found.get("Tags", ()) if e["Key"] == TAG), None)
        if mine not in (None, self.session.wanted.project):
            problem = f"aws: {self._place.aws} belongs to another project: its tag says {mine}"
            raise SeawallError(problem, "nothing was changed; two projects cannot share a server")
        return {TAG: mine} if mine else None

    def make(self, seen: Settings | None) -> None:
        what = {"Resources": [self._place.aws], "Tags": tags(self.session.wanted.project)}
        self.session.ask("ec2", "create_tags", self._place.region, **what)


def instance(session: Session, server: str) -> dict[str, Any]:
    """What Amazon says of a server; SeawallError when there is no such instance."""
    place = session.wanted.servers[server]
    region, absent = (
        place.region or "",
        {"InvalidInstanceID.NotFound", "InvalidInstanceID.Malformed"},
    )
    found = session.maybe(absent, "ec2", "describe_instances", region, InstanceIds=[place.aws])
    each = [one for group in (found or {}).get("Reservations", ()) for one in group["Instances"]]
    if not each or each[0]["State"]["Name"] == "terminated":
        problem = f"aws: {server}: there is no instance {place.aws} in {region}"
        raise SeawallError(problem, f"look at servers: {server}: cloud")
    return dict(each[0])


@dataclass
class Policy(Thing):
    """The schedule of one region."""

    settings: Snapshots
    region: str
    feature = "snapshots"

    @property
    def what(self) -> str:  # type: ignore[override]
        at = f"every {self.settings.every}, from {self.settings.at} UTC"
        copies = f", copied to {self.settings.copy_to}" if self._copied else ""
        return f"schedule in {self.region}: {at}, {self.settings.keep} kept{copies}"

    @property
    def _copied(self) -> bool:
        return self.settings.copy_to not in (None, self.region)

    @cached_property
    def wanted(self) -> Settings:
        return {"State": "ENABLED", "Role": role(self.session).arn, "Details": self._details()}

    def _details(self) -> Settings:
        project = self.session.wanted.project
        return {
            "PolicyType": "EBS_SNAPSHOT_MANAGEMENT",
            "ResourceTypes": ["INSTANCE"],
            "TargetTags": tags(project),
            "Schedules": [
                {
                    "Name": self.session.wanted.prefix,
                    "CopyTags": True,
                    "TagsToAdd": tags(project),
                    "CreateRule": self._create(),
                    "RetainRule": {"Count": self.settings.keep},
                    "CrossRegionCopyRules": self._copies(),
                }
            ],
        }

    def _create(self) -> Settings:
        if self.settings.every not in HOURS:
            return {"CronExpression": schedules.weekly(self.settings.at)}
        interval = HOURS[self.settings.every]
        return {"Interval": interval, "IntervalUnit": "HOURS", "Times": [self.settings.at]}

    def _copies(self) -> list[Settings]:
        if not self._copied:
            return []
        days = max(1, round(self.settings.keep * self.settings.seconds / DAY))
        kept = {"Interval": days, "IntervalUnit": "DAYS"}
        rule = {"TargetRegion": self.settings.copy_to, "Encrypted": True, "CopyTags": True}
        return [{**rule, "RetainRule": kept}]

    def found(self) -> dict[str, Any] | None:
        """Our policy, whoever changed it; policies have no names, so the tag decides."""
        listed = self.session.ask("dlm", "get_lifecycle_policies", self.region)
        for each in listed["Policies"]:
            if tagged(each.get("Tags"), self.session.wanted.project):
                what = {"PolicyId": each["PolicyId"]}
                whole = self.session.ask("dlm", "get_lifecycle_policy", self.region, **what)
                return dict(whole["Policy"])
        return None

    def seen(self) -> Settings | None:
        found = self.found()
        if found is None:
            return None
        details = _only(found.get("PolicyDetails", {}), self.wanted["Details"])
        return {"State": found["State"], "Role": found["ExecutionRoleArn"], "Details": details}

    def make(self, seen: Settings | None) -> None:
        what: Settings = {
            "ExecutionRoleArn": self.wanted["Role"],
            "Description": "Snapshots by Seawall",
            "State": "ENABLED",
            "PolicyDetails": self.wanted["Details"],
        }
        if found := self.found():
            what["PolicyId"] = found["PolicyId"]
            self.session.ask("dlm", "update_lifecycle_policy", self.region, **what)
            return
        what["Tags"] = {TAG: self.session.wanted.project}
        self.session.ask("dlm", "create_lifecycle_policy", self.region, **what)


def _only(seen: Any, wanted: Any) -> Any:
    """What is there, without what Amazon adds by itself: empty lists and nothing said."""
    if isinstance(wanted, dict) and isinstance(seen, dict):
        kept = {key: value for key, value in seen.items() if key in wanted or value not in EMPTY}
        missing = {key: value for key, value in wanted.items() if key not in kept and value == []}
        return {key: _only(value, wanted.get(key)) for key, value in {**kept, **missing}.items()}
    if isinstance(wanted, list) and isinstance(seen, list) and len(wanted) == len(seen):
        return [_only(*pair) for pair in zip(seen, wanted, strict=True)]
    return seen


EMPTY: tuple[Any, ...] = (None, [], {}, "", False, "STANDARD", "CLOUD")
