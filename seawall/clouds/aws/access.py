"""Who gets in, and what lies open: people and keys of IAM, and buckets."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from seawall.clouds.aws.identity import ABSENT
from seawall.clouds.aws.owned import tagged
from seawall.clouds.aws.session import GLOBAL, PARALLEL, Session
from seawall.kit.cloud import AccessKey, Bucket, Login

EVERYBODY = ("AllUsers", "AuthenticatedUsers")


def logins(session: Session, region: str) -> Iterator[Login]:
    """Root, and every user with a password."""
    summary = session.ask("iam", "get_account_summary", GLOBAL)["SummaryMap"]
    keys, factor = summary.get("AccountAccessKeysPresent", 0), summary.get("AccountMFAEnabled", 0)
    yield Login("root", True, bool(factor), keys)
    for user in _users(session):
        name = {"UserName": user["UserName"]}
        if session.maybe(ABSENT, "iam", "get_login_profile", GLOBAL, **name):
            found = session.ask("iam", "list_mfa_devices", GLOBAL, **name)
            yield Login(user["UserName"], second_factor=bool(found["MFADevices"]))


def keys(session: Session, region: str) -> Iterator[AccessKey]:
    """Every access key that works."""
    for user in _users(session):
        found = session.ask("iam", "list_access_keys", GLOBAL, UserName=user["UserName"])
        for each in found["AccessKeyMetadata"]:
            if each["Status"] == "Active":
                made = each["CreateDate"].timestamp()
                yield AccessKey(each["AccessKeyId"], user["UserName"], made)


def _users(session: Session) -> Iterator[dict[str, Any]]:
    for page in session.pages("iam", "list_users", GLOBAL):
        yield from page["Users"]


def buckets(session: Session, region: str) -> Iterator[Bucket]:
    """Every bucket, and whether anybody can read it."""
    found = session.ask("s3", "list_buckets", GLOBAL)["Buckets"]
    with ThreadPoolExecutor(PARALLEL) as pool:
        yield from pool.map(lambda each: _bucket(session, each["Name"]), found)


def _bucket(session: Session, name: str) -> Bucket:
    block = _of(session, name, "public_access_block", "NoSuchPublicAccessBlockConfiguration")
    blocks = block.get("PublicAccessBlockConfiguration", {})
    tags = _of(session, name, "bucket_tagging", "NoSuchTagSet").get("TagSet")
    closed = blocks.get("IgnorePublicAcls") and blocks.get("RestrictPublicBuckets")
    why = "" if closed else _why_public(session, name)
    return Bucket(name, bool(why), why, bool(closed), tagged(tags, session.wanted.project))


def _why_public(session: Session, name: str) -> str:
    status = _of(session, name, "bucket_policy_status", "NoSuchBucketPolicy")
    if status.get("PolicyStatus", {}).get("IsPublic"):
        return "its policy lets everybody in"
    grants = _of(session, name, "bucket_acl", "").get("Grants", ())
    given = [each for each in grants if str(each["Grantee"].get("URI", "")).endswith(EVERYBODY)]
    return "its access list lets everybody in" if given else ""


def _of(session: Session, name: str, what: str, absent: str) -> dict[str, Any]:
    gone = {absent, "NoSuchBucket"}
    return session.maybe(gone, "s3", f"get_{what}", GLOBAL, Bucket=name) or {}
