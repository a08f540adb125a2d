"""A startup's account, and what its seawall.yml says of it."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from amazon import Amazon
from seawall import config as configuration
from seawall import engine
from seawall.kit import Applied, Event, Finding, Plan

ACCOUNT = "cloud:aws"
EVERYTHING = """\
    snapshots: { keep: 7, copy_to: eu-central-1 }
    alarms: { email: ops@acme.example, monthly: 100 }
    bucket: { name: acme-backups, lock: 14 }
    ignore: [root]
"""
"""Root has a second factor nowhere in moto, and never a key."""


@dataclass
class Startup:
    """One server at Amazon, and a project that describes it."""

    amazon: Amazon
    folder: Path
    instance: str = ""
    events: list[Event] = field(default_factory=list)

    def begin(self, settings: str = EVERYTHING) -> "Startup":
        """An account with a machine that is as it should be, and its description."""
        self.amazon.forget()
        disk = {"DeviceName": "/dev/sda1", "Ebs": {"VolumeSize": 8, "Encrypted": True}}
        ec2 = self.amazon.client("ec2")
        group = ec2.create_security_group(GroupName="web", Description="of web1")["GroupId"]
        [made] = ec2.run_instances(
            ImageId="ami-12345678",
            MinCount=1,
            MaxCount=1,
            InstanceType="t3.micro",
            BlockDeviceMappings=[disk],
            SecurityGroupIds=[group],
            MetadataOptions={"HttpTokens": "required"},
        )["Instances"]
        self.instance = made["InstanceId"]
        return self.describe(settings)

    def describe(self, settings: str) -> "Startup":
        """Write seawall.yml."""
        place = f"{{ aws: {self.instance}, region: eu-west-1 }}"
        text = f"project: acme\nservers:\n  web1: {{ host: 203.0.113.1, cloud: {place} }}\n"
        text += f"cloud:\n  aws:\n    region: eu-west-1\n{settings}"
        (self.folder / "seawall.yml").write_text(text)
        self.amazon.asked.clear()
        return self

    @property
    def config(self) -> configuration.Config:
        return configuration.load(self.folder / "seawall.yml")

    def plan(self) -> Plan:
        [found] = engine.plan(self.config, [ACCOUNT])
        return found

    def apply(self, expect: dict[str, str] | None = None) -> Applied:
        self.events.clear()
        [done] = engine.apply(self.config, [ACCOUNT], expect=expect, on_event=self.events.append)
        return done

    def check(self) -> dict[str, tuple[str, tuple[Finding, ...]]]:
        """What every check says, by its id."""
        section = engine.check(self.config, [ACCOUNT]).sections[-1]
        assert section.error is None, section.error
        return {e.check.id: (e.state, e.findings) for e in section.results}

    def resource(self, name: str) -> Any:
        """Our policy in the region of the server, by its part of the stand-in."""
        return self.amazon.policies.of("eu-west-1")[name]
