"""Roles and users of ours in IAM, with exactly the rights that they are for."""

import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from seawall.clouds.aws.owned import foreign, tagged, tags
from seawall.clouds.aws.session import GLOBAL
from seawall.clouds.aws.thing import Settings, Thing

ABSENT = {"NoSuchEntity", "NoSuchEntityException"}
NAME = "seawall"
"""What the one inline policy of each is called."""


def policy(rules: list[Settings]) -> Settings:
    """A policy of these rules."""
    return {"Version": "2012-10-17", "Statement": rules}


@dataclass
class Identity(Thing):
    """A role or a user; `kind` chooses the calls."""

    purpose: str
    kind = ""

    @property
    def name(self) -> str:
        return f"{self.session.wanted.prefix}-{self.purpose}"

    @property
    def arn(self) -> str:
        return f"arn:aws:iam::{self.session.account}:{self.kind}/{self.name}"

    def _ask(self, operation: str, **what: Any) -> dict[str, Any]:
        named = {f"{self.kind.capitalize()}Name": self.name}
        return self.session.ask("iam", operation.format(self.kind), GLOBAL, **named, **what)

    def _maybe(self, operation: str, **what: Any) -> dict[str, Any] | None:
        named = {f"{self.kind.capitalize()}Name": self.name}
        call = operation.format(self.kind)
        return self.session.maybe(ABSENT, "iam", call, GLOBAL, **named, **what)

    def found(self) -> dict[str, Any] | None:
        """What IAM holds; Foreign when it is not ours."""
        found = self._maybe("get_{}")
        if found is None:
            return None
        thing: dict[str, Any] = found[self.kind.capitalize()]
        listed = thing.get("Tags") or self._ask("list_{}_tags")["Tags"]
        if not tagged(listed, self.session.wanted.project):
            raise foreign(f"the {self.kind}", self.name)
        return thing

    def rights(self) -> Any:
        """Its inline policy, or None."""
        found = self._maybe("get_{}_policy", PolicyName=NAME)
        return _read(found["PolicyDocument"]) if found else None

    def grant(self, rules: Settings) -> None:
        """Give it exactly these rights."""
        self._ask("put_{}_policy", PolicyName=NAME, PolicyDocument=json.dumps(rules))


@dataclass
class Role(Identity):
    """What a service of Amazon may do for us."""

    service: str
    rules: list[Settings]
    kind = "role"
    feature = "snapshots"

    @property
    def what(self) -> str:  # type: ignore[override]
        return f"role {self.name}, which {self.service} takes"

    @cached_property
    def wanted(self) -> Settings:
        who = {"Effect": "Allow", "Principal": {"Service": self.service}}
        return {
            "Taken by": policy([{**who, "Action": "sts:AssumeRole"}]),
            "Rights": policy(self.rules),
        }

    def seen(self) -> Settings | None:
        found = self.found()
        if found is None:
            return None
        return {"Taken by": _read(found["AssumeRolePolicyDocument"]), "Rights": self.rights()}

    def make(self, seen: Settings | None) -> None:
        trust = json.dumps(self.wanted["Taken by"])
        if seen is None:
            what = {"Tags": tags(self.session.wanted.project), "AssumeRolePolicyDocument": trust}
            self._ask("create_{}", **what)
        elif seen["Taken by"] != self.wanted["Taken by"]:
            self._ask("update_assume_{}_policy", PolicyDocument=trust)
        self.grant(self.wanted["Rights"])


@dataclass
class User(Identity):
    """Whose keys do one thing only."""

    rules: list[Settings]
    kind = "user"
    feature = "bucket"

    @property
    def what(self) -> str:  # type: ignore[override]
        return f"user {self.name}, {PURPOSES[self.purpose]}"

    @cached_property
    def wanted(self) -> Settings:
        return {"Rights": policy(self.rules)}

    def seen(self) -> Settings | None:
        return {"Rights": self.rights()} if self.found() else None

    def make(self, seen: Settings | None) -> None:
        if seen is None:
            self._ask("create_{}", Tags=tags(self.session.wanted.project))
        self.grant(self.wanted["Rights"])


PURPOSES = {
    "servers": "who stores copies and cannot delete any",
    "retention": "who may delete old copies, from elsewhere",
}


def _read(document: Any) -> Any:
    return json.loads(document) if isinstance(document, str) else document
