"""A bucket for backups, made right: private whatever a policy says, encrypted, every version kept
for a while, nothing sent in the open; and two users, one that stores and one that forgets.

The servers' user cannot delete a copy: whoever takes a server takes no history. It may delete
`locks/`, without which restic cannot work.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from seawall.clouds.aws.identity import User
from seawall.clouds.aws.owned import foreign, tagged, tags
from seawall.clouds.aws.properties import PROPERTIES, Call
from seawall.clouds.aws.session import GLOBAL, Session
from seawall.clouds.aws.thing import Settings, Thing
from seawall.kit.cloud import BucketSettings, MissingPermission, Resource


def resources(session: Session, settings: BucketSettings) -> Iterator[Resource]:
    """The bucket, what makes it right, and its users."""
    yield Made(session, settings)
    for name in PROPERTIES:
        yield Property(session, settings, name)
    yield User(session, "servers", storing(settings.name))
    yield User(session, "retention", forgetting(settings.name))


def storing(name: str) -> list[Settings]:
    """What a server needs to store copies and to read them, and no more."""
    bucket = f"arn:aws:s3:::{name}"
    return [
        {
            "Effect": "Allow",
            "Action": ["s3:ListBucket", "s3:GetBucketLocation"],
            "Resource": bucket,
        },
        {"Effect": "Allow", "Action": ["s3:PutObject", "s3:GetObject"], "Resource": f"{bucket}/*"},
        {"Effect": "Allow", "Action": "s3:DeleteObject", "Resource": f"{bucket}/*/locks/*"},
    ]


def forgetting(name: str) -> list[Settings]:
    """The same, and deleting; versions stay for as long as the bucket keeps them."""
    deleting = {"Effect": "Allow", "Action": "s3:DeleteObject"}
    return [*storing(name)[:2], {**deleting, "Resource": f"arn:aws:s3:::{name}/*"}]


@dataclass
class OfBucket(Thing):
    """What both kinds know of the bucket."""

    settings: BucketSettings
    feature = "bucket"

    @property
    def region(self) -> str:
        return self.settings.region or self.session.region

    def there(self) -> bool:
        """True when it exists and is ours; Foreign when it is somebody else's."""
        what = {"Bucket": self.settings.name}
        try:
            gone = {"404", "NoSuchBucket", "NotFound"}
            if self.session.maybe(gone, "s3", "head_bucket", self.region, **what) is None:
                return False
            untagged = {"NoSuchTagSet"}
            found = self.session.maybe(untagged, "s3", "get_bucket_tagging", self.region, **what)
        except MissingPermission as error:
            error.hint = f"is {self.settings.name} in another account? {error.hint}"
            raise
        if not tagged((found or {}).get("TagSet"), self.session.wanted.project):
            raise foreign("the bucket", self.settings.name)
        return True


@dataclass
class Made(OfBucket):
    """The bucket itself."""

    @property
    def what(self) -> str:  # type: ignore[override]
        return f"bucket {self.settings.name} in {self.region}"

    def seen(self) -> Settings | None:
        return {} if self.there() else None

    def make(self, seen: Settings | None) -> None:
        what: Settings = {"Bucket": self.settings.name}
        if self.region != GLOBAL:
            what["CreateBucketConfiguration"] = {"LocationConstraint": self.region}
        if self.settings.lock:
            what["ObjectLockEnabledForBucket"] = True
        taken = {"BucketAlreadyOwnedByYou"}
        self.session.maybe(taken, "s3", "create_bucket", self.region, **what)
        mark = {"TagSet": tags(self.session.wanted.project)}
        named = {"Bucket": self.settings.name}
        self.session.ask("s3", "put_bucket_tagging", self.region, **named, Tagging=mark)


@dataclass
class Property(OfBucket):
    """One thing that makes the bucket right."""

    name: str

    @property
    def what(self) -> str:  # type: ignore[override]
        return f"bucket {self.settings.name} {self._call.told}"

    @property
    def _call(self) -> Call:
        return PROPERTIES[self.name]

    @cached_property
    def wanted(self) -> Settings:
        return {self.name: self._call.wanted(self.settings)}

    def seen(self) -> Settings | None:
        if self.wanted[self.name] is None:
            return self.wanted
        if not self.there():
            return None
        what = {"Bucket": self.settings.name}
        absent = {self._call.absent} if self._call.absent else set()
        call = f"get_{self._call.call}"
        found: Any = self.session.maybe(absent, "s3", call, self.region, **what)
        for key in self._call.got:
            found = found.get(key) if found else None
        return {self.name: _known(json.loads(found) if found and self._call.text else found)}

    def make(self, seen: Settings | None) -> None:
        sent: Any = self.wanted[self.name]
        sent = json.dumps(sent) if self._call.text else sent
        for key in reversed(self._call.sent[1:]):
            sent = {key: sent}
        what = {"Bucket": self.settings.name, self._call.sent[0]: sent}
        self.session.ask("s3", f"put_{self._call.call}", self.region, **what)


ADDED = ("BucketKeyEnabled", "BlockedEncryptionTypes")
"""What Amazon adds to an answer by itself."""


def _known(found: Any) -> Any:
    if isinstance(found, list):
        return [_known(each) for each in found]
    if isinstance(found, dict):
        kept = {key: value for key, value in found.items() if key not in ADDED and value != 0}
        return {key: _known(value) for key, value in kept.items()}
    return found
