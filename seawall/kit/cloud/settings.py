"""What seawall.yml says of a cloud account: the words are the same for every provider.

Places and names are checked for their shape here; whether they exist, only the account knows.
"""

import re
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from seawall.kit.feature import Section
from seawall.kit.fields import OneLine, faults, wrong
from seawall.kit.fields.duration import WORDS, seconds
from seawall.kit.fields.fault import Fault

PERIODS = ("1h", "2h", "3h", "4h", "6h", "8h", "12h", "1d", "1w")
"""What the clouds' own schedulers can do; AWS lists the hours (CreateRule.Interval)."""


def _every(value: Any) -> str:
    written = WORDS.get(value, value) if isinstance(value, str) else value
    if written not in PERIODS:
        raise wrong("should be a period that clouds know", f"one of {', '.join(PERIODS)}")
    return str(written)


def _clock(value: Any) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", value):
        raise wrong("should be a time of day, in UTC", 'such as "03:00", in quotes')
    return value


def _shaped(pattern: str, what: str, example: str) -> AfterValidator:
    def check(value: str) -> str:
        if not re.fullmatch(pattern, value):
            raise wrong(f"should be {what}", f"such as {example}")
        return value

    return AfterValidator(check)


def _account(value: Any) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"\d{12}", value):
        raise wrong("should be the 12 digits of an account, in quotes", 'such as "123456789012"')
    return value


Every = Annotated[str, BeforeValidator(_every, json_schema_input_type=str)]
Clock = Annotated[str, BeforeValidator(_clock, json_schema_input_type=str)]
Region = Annotated[OneLine, _shaped(r"[a-z]+(-[a-z]+)+-?\d{1,2}", "a region", "eu-west-1")]
Email = Annotated[
    OneLine, _shaped(r"[^@\s]+@[^@\s]+\.[^@\s]+", "a mail address", "ops@acme.example")
]
BucketName = Annotated[
    OneLine,
    _shaped(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", "3 to 63 of a-z, 0-9, . and -", "acme-backups"),
]
InstanceId = Annotated[
    OneLine, _shaped(r"i-[0-9a-f]{8,17}", "the id of an instance", "i-0abc1234def567890")
]
GcpPlace = Annotated[
    OneLine,
    _shaped(
        r"[a-z][a-z0-9.:-]{4,60}/[a-z]+-[a-z]+\d{1,2}-[a-z]/[a-z][a-z0-9-]{0,62}",
        "project/zone/instance",
        "acme-prod/europe-west1-b/web1",
    ),
]
AccountId = Annotated[str, BeforeValidator(_account, json_schema_input_type=str)]


class Placed(Section):
    """Which machine of a cloud a server is."""

    aws: InstanceId | None = None
    """Its instance id at AWS, such as i-0abc1234def567890."""
    region: Region | None = None
    """The region of that instance, such as eu-west-1."""
    gcp: GcpPlace | None = None
    """At Google: project/zone/instance."""

    @model_validator(mode="after")
    def _one_place(self) -> "Placed":
        if bool(self.aws) == bool(self.gcp):
            raise faults([Fault("should name one machine", "aws: i-… or gcp: project/zone/name")])
        if self.aws and not self.region:
            raise faults([Fault("lacks the region", "region: eu-west-1", shown=False)])
        return self

    @property
    def cloud(self) -> str:
        """`aws` or `gcp`."""
        return "aws" if self.aws else "gcp"


class Snapshots(Section):
    """Images of whole disks, made by the cloud itself."""

    every: Every = "1d"
    """How often: 1h, 2h, 3h, 4h, 6h, 8h, 12h, 1d or 1w."""
    at: Clock = "03:00"
    """When, in UTC; the first of the day where there are several."""
    keep: Annotated[int, Field(ge=1, le=1000)] = 14
    """How many stay; older ones are deleted by the cloud."""
    copy_to: Region | None = None
    """Another region that gets a copy of each, in case the whole region is gone."""

    @property
    def seconds(self) -> int:
        """The period."""
        return seconds(self.every)


class Alarms(Section):
    """What the cloud tells by itself, so that a dead server is noticed without any other."""

    email: Email
    """Who is told; the cloud asks that address to confirm."""
    cpu: Annotated[int, Field(ge=1, le=100)] = 90
    """Percent of the CPU for 15 minutes."""
    recover: bool = True
    """Start an instance anew on other hardware when its own fails."""
    monthly: Annotated[int, Field(ge=1)] | None = None
    """Tell when the bill of a month passes this, in US dollars."""


class BucketSettings(Section):
    """A bucket for backups, made right."""

    name: BucketName
    """Its name, which nobody else in the world may have."""
    region: Region | None = None
    """Where it is; the account's region when absent."""
    lock: Annotated[int, Field(ge=0, le=3650)] = 0
    """Days in which nobody deletes a version of what was stored; 0 is off. Only a new bucket can
    begin with it."""
    old_versions: Annotated[int, Field(ge=1, le=3650)] = 30
    """Days after which what was deleted or replaced is gone."""


class AccountSettings(Section):
    """What every cloud takes."""

    snapshots: Snapshots | None = None
    """Schedules of snapshots for the disks of your servers; none when absent."""
    alarms: Alarms | None = None
    """Alarms outside the servers; none when absent."""
    bucket: BucketSettings | None = None
    """A bucket for backups; none when absent."""
    ignore: list[OneLine] = []
    """Ids of what is as it should be although checks find it, such as sg-0abc or vol-0def."""


class Aws(AccountSettings):
    """An account at Amazon Web Services."""

    region: Region | None = None
    """Where your things are, when no server says it."""
    account: AccountId | None = None
    """Its 12 digits, in quotes: credentials of any other account are refused."""
    profile: OneLine | None = None
    """A profile of ~/.aws/config to log in with."""


class Gcp(AccountSettings):
    """A project at Google Cloud."""

    project: OneLine | None = None
    """Its id, when no server says it."""
    region: Region | None = None
    """Where your things are, when no server says it."""
