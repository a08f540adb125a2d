"""The one door to Amazon: every call goes through `Session.ask` or `Session.pages`.

Throttling, failing and silent endpoints are tried again by botocore (6 times, waiting longer each
time, as its "standard" mode does). Whatever stays wrong becomes an error that a person can act on;
the parameters of a call, and credentials, are never part of one.
"""

import threading
from collections.abc import Iterator
from functools import cache
from typing import Any

import boto3
import botocore.config
import botocore.exceptions

from seawall.clouds.aws.refusals import told
from seawall.errors import ConfigError, SeawallError
from seawall.kit.cloud import Wanted
from seawall.kit.cloud.settings import Aws

GLOBAL = "us-east-1"
"""Where what belongs to no region is asked for: IAM, bills, the list of buckets."""
PARALLEL = 16
"""Calls at the same time."""


@cache
def _login(profile: str | None) -> Any:
    """The credentials of this command; reading Amazon's models again would take a second."""
    try:
        return boto3.Session(profile_name=profile)
    except botocore.exceptions.ProfileNotFound:
        problem = f"cloud.aws.profile: {profile} is not in ~/.aws/config"
        raise ConfigError(problem, f"aws configure --profile {profile}") from None


class Session:
    """Calls to one account, counted."""

    def __init__(self, wanted: Wanted) -> None:
        settings = wanted.settings
        assert isinstance(settings, Aws)
        self.wanted, self.settings = wanted, settings
        self.calls = 0
        self._lock = threading.Lock()
        self._clients: dict[tuple[str, str], Any] = {}
        self._boto = _login(settings.profile)
        who = self.ask("sts", "get_caller_identity", GLOBAL)
        self.account, self.arn = str(who["Account"]), str(who["Arn"])
        self._expected()

    def _expected(self) -> None:
        declared = self.settings.account
        if declared and declared != self.account:
            problem = f"cloud.aws.account: these credentials are of {self.account}, not {declared}"
            raise ConfigError(problem, "AWS_PROFILE or cloud: aws: profile chooses others")

    @property
    def region(self) -> str:
        """Where things are that no server places."""
        placed = [each.region for each in self.wanted.servers.values() if each.region]
        return self.settings.region or next(iter(placed), "") or self._boto.region_name or GLOBAL

    @property
    def regions(self) -> tuple[str, ...]:
        """Every region that is looked at: of the servers, of the account, and of copies."""
        placed = {each.region for each in self.wanted.servers.values() if each.region}
        snapshots = self.settings.snapshots
        copies = {snapshots.copy_to} if snapshots and snapshots.copy_to else set()
        return tuple(sorted({self.region, *placed, *copies}))

    def client(self, service: str, region: str) -> Any:
        """A client, made once; they may be shared between threads, making them may not."""
        with self._lock:
            key = (service, region)
            if key not in self._clients:
                options = botocore.config.Config(
                    retries={"mode": "standard", "total_max_attempts": 6},
                    connect_timeout=5,
                    read_timeout=20,
                    max_pool_connections=PARALLEL,
                    user_agent_extra="seawall",
                )
                self._clients[key] = self._boto.client(service, region, config=options)
            return self._clients[key]

    def ask(self, service: str, operation: str, region: str = "", **what: Any) -> dict[str, Any]:
        """One call; SeawallError says what Amazon has against it."""
        region = region or self.region
        self._count()
        try:
            client = self.client(service, region)
            answer: dict[str, Any] = getattr(client, operation)(**what)
        except (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError) as error:
            raise told(error, service, operation, region) from None
        return answer

    def maybe(
        self, absent: set[str], service: str, operation: str, region: str = "", **what: Any
    ) -> dict[str, Any] | None:
        """The same; None when Amazon says, in one of these words, that there is no such thing."""
        try:
            return self.ask(service, operation, region, **what)
        except SeawallError as error:
            if getattr(error, "code", "") in absent:
                return None
            raise

    def pages(
        self, service: str, operation: str, region: str = "", **what: Any
    ) -> Iterator[dict[str, Any]]:
        """Every page of a list; each is a call of its own."""
        region = region or self.region
        try:
            for page in self.client(service, region).get_paginator(operation).paginate(**what):
                self._count()
                yield page
        except (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError) as error:
            raise told(error, service, operation, region) from None

    def _count(self) -> None:
        with self._lock:
            self.calls += 1
