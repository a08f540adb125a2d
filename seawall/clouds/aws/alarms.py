"""Alarms of CloudWatch about your servers and your bill; SNS tells by mail.

They need no agent on a server and no other server of yours. Missing figures of a machine's health
count as bad: a machine that was stopped tells nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from seawall.clouds.aws.owned import foreign, tagged, tags
from seawall.clouds.aws.schedule import instance
from seawall.clouds.aws.session import GLOBAL, Session
from seawall.clouds.aws.thing import Settings, Thing
from seawall.kit.cloud import Alarms, Resource

COMPARED = (
    *("Namespace", "MetricName", "Dimensions", "Statistic", "Period", "EvaluationPeriods"),
    *("Threshold", "ComparisonOperator", "TreatMissingData", "AlarmActions", "OKActions"),
    "ActionsEnabled",
)
"""What is compared; the rest of an alarm is Amazon's."""
BURSTABLE = ("t2.", "t3.", "t3a.", "t4g.")
CREDITS = 20
"""So few CPU credits last a minute each; then a burstable machine is slow."""


def resources(session: Session, settings: Alarms) -> Iterator[Resource]:
    """A topic and its receiver in each region, alarms for each server, one for the bill."""
    regions = {each.region for each in session.wanted.servers.values() if each.region}
    for region in sorted(regions | ({GLOBAL} if settings.monthly else set())):
        yield Topic(session, region)
        yield Receiver(session, region, settings.email)
    for server, placed in session.wanted.servers.items():
        for kind, watched in about(session, server, settings).items():
            name = f"{session.wanted.prefix}-{server}-{kind}"
            yield Alarm(session, placed.region or "", name, watched)
    if settings.monthly:
        name = f"{session.wanted.prefix}-bill"
        yield Alarm(session, GLOBAL, name, _bill(settings.monthly))


def topic(session: Session, region: str) -> str:
    """The topic's name in the account."""
    return f"arn:aws:sns:{region}:{session.account}:{session.wanted.prefix}"


def about(session: Session, server: str, settings: Alarms) -> dict[str, Settings]:
    """What is watched of one server, by kind."""
    place = session.wanted.servers[server]
    recover = [f"arn:aws:automate:{place.region}:ec2:recover"] if settings.recover else []
    kinds = {
        "hardware": _failing("StatusCheckFailed_System", 2, "missing") | {"More": recover},
        "dead": _failing("StatusCheckFailed", 3, "breaching"),
        "cpu": _figure("CPUUtilization", settings.cpu, 3),
    }
    if str(instance(session, server).get("InstanceType", "")).startswith(BURSTABLE):
        kinds["credits"] = _figure("CPUCreditBalance", CREDITS, 2)
        kinds["credits"]["ComparisonOperator"] = "LessThanThreshold"
    who = [{"Name": "InstanceId", "Value": place.aws}]
    return {kind: {**watched, "Dimensions": who} for kind, watched in kinds.items()}


def _failing(metric: str, minutes: int, silent: str) -> Settings:
    """A health check that failed for so many minutes; what silence means."""
    told = {"MetricName": metric, "EvaluationPeriods": minutes, "TreatMissingData": silent}
    return {**told, "Period": 60, "Threshold": 1.0, "Statistic": "Maximum"}


def _figure(metric: str, limit: int, periods: int) -> Settings:
    return {"MetricName": metric, "Threshold": float(limit), "EvaluationPeriods": periods}


def _bill(monthly: int) -> Settings:
    return {
        "Namespace": "AWS/Billing",
        "MetricName": "EstimatedCharges",
        "Dimensions": [{"Name": "Currency", "Value": "USD"}],
        "Statistic": "Maximum",
        "Period": 21600,
        "EvaluationPeriods": 1,
        "Threshold": float(monthly),
    }


@dataclass
class Topic(Thing):
    """Where alarms go."""

    region: str
    feature = "alarms"

    @property
    def what(self) -> str:  # type: ignore[override]
        return f"topic {self.session.wanted.prefix} in {self.region}"

    @property
    def arn(self) -> str:
        return topic(self.session, self.region)

    def seen(self) -> Settings | None:
        absent = {"NotFound", "NotFoundException"}
        what = {"TopicArn": self.arn}
        if self.session.maybe(absent, "sns", "get_topic_attributes", self.region, **what) is None:
            return None
        what = {"ResourceArn": self.arn}
        found = self.session.ask("sns", "list_tags_for_resource", self.region, **what)
        if not tagged(found.get("Tags"), self.session.wanted.project):
            raise foreign("the topic", self.session.wanted.prefix)
        return {}

    def make(self, seen: Settings | None) -> None:
        what = {"Name": self.session.wanted.prefix, "Tags": tags(self.session.wanted.project)}
        self.session.ask("sns", "create_topic", self.region, **what)


@dataclass
class Receiver(Thing):
    """Who is told; Amazon asks the address to confirm."""

    region: str
    email: str
    feature = "alarms"

    @property
    def what(self) -> str:  # type: ignore[override]
        return f"mail to {self.email} from {self.region}, once the address confirmed it"

    def seen(self) -> Settings | None:
        told = {each.get("Endpoint") for each in receivers(self.session, self.region)}
        return {} if self.email in told else None

    def make(self, seen: Settings | None) -> None:
        where = topic(self.session, self.region)
        what = {"TopicArn": where, "Protocol": "email", "Endpoint": self.email}
        self.session.ask("sns", "subscribe", self.region, **what)


def receivers(session: Session, region: str, arn: str = "") -> list[dict[str, Any]]:
    """The subscriptions of a topic; none when there is no topic."""
    what = {"TopicArn": arn or topic(session, region)}
    absent = {"NotFound", "NotFoundException"}
    found: list[dict[str, Any]] = []
    while True:
        page = session.maybe(absent, "sns", "list_subscriptions_by_topic", region, **what)
        found += (page or {}).get("Subscriptions", [])
        if not page or not page.get("NextToken"):
            return found
        what["NextToken"] = page["NextToken"]


@dataclass
class Alarm(Thing):
    """One alarm."""

    region: str
    name: str
    watched: Settings
    feature = "alarms"

    @property
    def what(self) -> str:  # type: ignore[override]
        return f"alarm {self.name}: {self.wanted['MetricName']}, {self.wanted['Threshold']:g}"

    @cached_property
    def wanted(self) -> Settings:
        tells = topic(self.session, self.region)
        usual: Settings = {
            "Namespace": "AWS/EC2",
            "Statistic": "Average",
            "Period": 300,
            "ComparisonOperator": "GreaterThanOrEqualToThreshold",
            "TreatMissingData": "missing",
            "OKActions": [tells],
            "ActionsEnabled": True,
        }
        watched = {key: value for key, value in self.watched.items() if key != "More"}
        return {**usual, **watched, "AlarmActions": [tells, *self.watched.get("More", [])]}

    def seen(self) -> Settings | None:
        what = {"AlarmNames": [self.name]}
        found = self.session.ask("cloudwatch", "describe_alarms", self.region, **what)
        if not found["MetricAlarms"]:
            return None
        alarm = found["MetricAlarms"][0]
        what = {"ResourceARN": alarm["AlarmArn"]}
        listed = self.session.ask("cloudwatch", "list_tags_for_resource", self.region, **what)
        if not tagged(listed.get("Tags"), self.session.wanted.project):
            raise foreign("the alarm", self.name)
        return {key: alarm[key] for key in COMPARED if key in alarm}

    def make(self, seen: Settings | None) -> None:
        what: Settings = {"AlarmName": self.name, "AlarmDescription": "by Seawall", **self.wanted}
        if seen is None:
            what["Tags"] = tags(self.session.wanted.project)
        self.session.ask("cloudwatch", "put_metric_alarm", self.region, **what)
