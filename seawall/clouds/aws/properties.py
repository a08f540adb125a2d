"""What makes a bucket right, one property each: how it is read, written, and should be."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from seawall.clouds.aws.identity import policy
from seawall.kit.cloud import BucketSettings

UNFINISHED = 7
"""Days after which parts of an upload that never ended are gone."""


def _block(_: BucketSettings) -> Any:
    names = ["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"]
    return dict.fromkeys(names, True)


def _encryption(_: BucketSettings) -> Any:
    return [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]


def _lifecycle(settings: BucketSettings) -> Any:
    return [
        {
            "ID": "seawall",
            "Status": "Enabled",
            "Filter": {"Prefix": ""},
            "NoncurrentVersionExpiration": {"NoncurrentDays": settings.old_versions},
            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": UNFINISHED},
        }
    ]


def _refuses(settings: BucketSettings) -> Any:
    bucket = f"arn:aws:s3:::{settings.name}"
    rule = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [bucket, f"{bucket}/*"],
    }
    return policy([{**rule, "Condition": {"Bool": {"aws:SecureTransport": "false"}}}])


def _lock(settings: BucketSettings) -> Any:
    if not settings.lock:
        return None
    kept = {"Mode": "GOVERNANCE", "Days": settings.lock}
    return {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": kept}}


@dataclass(frozen=True)
class Call:
    """How one property is read and written: the calls, where it is in their answers, and the
    word for its absence."""

    told: str
    call: str
    sent: tuple[str, ...]
    got: tuple[str, ...]
    absent: str
    wanted: Callable[[BucketSettings], Any]
    text: bool = False


PROPERTIES = {
    "private": Call(
        "can never be made public",
        "public_access_block",
        ("PublicAccessBlockConfiguration",),
        ("PublicAccessBlockConfiguration",),
        "NoSuchPublicAccessBlockConfiguration",
        _block,
    ),
    "versions": Call(
        "keeps what is deleted or replaced",
        "bucket_versioning",
        ("VersioningConfiguration", "Status"),
        ("Status",),
        "",
        lambda _: "Enabled",
    ),
    "encrypted": Call(
        "encrypts what is stored",
        "bucket_encryption",
        ("ServerSideEncryptionConfiguration", "Rules"),
        ("ServerSideEncryptionConfiguration", "Rules"),
        "ServerSideEncryptionConfigurationNotFoundError",
        _encryption,
    ),
    "lifecycle": Call(
        "lets old versions go",
        "bucket_lifecycle_configuration",
        ("LifecycleConfiguration", "Rules"),
        ("Rules",),
        "NoSuchLifecycleConfiguration",
        _lifecycle,
    ),
    "transport": Call(
        "talks over TLS only",
        "bucket_policy",
        ("Policy",),
        ("Policy",),
        "NoSuchBucketPolicy",
        _refuses,
        text=True,
    ),
    "lock": Call(
        "deletes no version too early",
        "object_lock_configuration",
        ("ObjectLockConfiguration",),
        ("ObjectLockConfiguration",),
        "ObjectLockConfigurationNotFoundError",
        _lock,
    ),
}
