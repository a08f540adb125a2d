"""What Amazon says no with, in words that a person can act on."""

from typing import Any

import botocore.exceptions as exceptions

from seawall.errors import SeawallError, Unreachable
from seawall.kit.cloud import MissingPermission

DENIED = {
    "AccessDenied",
    "AccessDeniedException",
    "AuthorizationError",
    "AuthorizationErrorException",
    "UnauthorizedOperation",
    "403",
}
EXPIRED = {"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"}
WRONG = {"InvalidClientTokenId", "UnrecognizedClientException", "InvalidAccessKeyId"}
CLOCK = {"RequestTimeTooSkewed", "SignatureDoesNotMatch", "InvalidSignatureException"}
CLOSED = {"OptInRequired", "AuthFailure", "SubscriptionRequiredException", "UnauthorizedAccess"}
BUSY = {"Throttling", "ThrottlingException", "RequestLimitExceeded", "TooManyRequestsException"}


class Refusal(SeawallError):
    """Amazon refused one call; `code` is its own word for why."""

    code = ""


def told(error: Exception, service: str, operation: str, region: str) -> SeawallError:
    """The error for a person."""
    action = f"{service}:{_camel(operation)}"
    if isinstance(error, exceptions.ClientError):
        return _refused(error, action, region)
    if isinstance(error, exceptions.NoCredentialsError | exceptions.PartialCredentialsError):
        return SeawallError("aws: there are no credentials here", LOG_IN)
    if isinstance(error, exceptions.TokenRetrievalError | exceptions.SSOTokenLoadError):
        return SeawallError("aws: the login has expired", f"aws sso login; {AGAIN}")
    if isinstance(error, exceptions.ParamValidationError):
        return SeawallError(f"aws: {action}: {error}", "this is a bug in seawall; please report it")
    if isinstance(error, exceptions.HTTPClientError | exceptions.ConnectionError):
        problem = f"aws: {service} in {region} does not answer ({type(error).__name__})"
        return Unreachable(problem, f"is the network up? {AGAIN}")
    return SeawallError(f"aws: {action} in {region}: {error}", AGAIN)


LOG_IN = "aws configure, aws sso login, or AWS_PROFILE=NAME"
AGAIN = "what was done before stays; the same command again goes on"


def _refused(error: Any, action: str, region: str) -> SeawallError:
    code = str(error.response.get("Error", {}).get("Code", ""))
    said = str(error.response.get("Error", {}).get("Message", ""))
    if code in DENIED:
        return _missing(action, region, code)
    for codes, problem, hint in REASONS:
        if code in codes:
            return _with_code(SeawallError(f"aws: {problem.format(action, region)}", hint), code)
    return _with_code(Refusal(f"aws: {action} in {region}: {code}: {said}", AGAIN), code)


def _missing(action: str, region: str, code: str) -> SeawallError:
    problem = f"aws: the permission {permission(action)} is missing in {region}"
    return MissingPermission(problem, f"seawall cloud policy prints all that is needed; {AGAIN}")


def _with_code(error: SeawallError, code: str) -> SeawallError:
    error.code = code  # type: ignore[attr-defined]
    return error


REASONS = (
    (EXPIRED, "the credentials have expired at {}", f"log in again (aws sso login); {AGAIN}"),
    (WRONG, "the credentials are not known there ({} in {})", LOG_IN),
    (CLOCK, "the signature of {} was refused", "is the clock of this machine right? timedatectl"),
    (CLOSED, "the region {1} is not enabled for this account ({0})", "Billing, Account, Regions"),
    (BUSY, "{} in {} is too busy, also after 6 tries", f"wait a minute; {AGAIN}"),
)


def _camel(operation: str) -> str:
    return "".join(part.capitalize() for part in operation.split("_"))


PERMISSIONS = {
    "cloudwatch:ListTagsForResource": "cloudwatch:ListTagsForResource",
    "s3:ListBuckets": "s3:ListAllMyBuckets",
    "s3:HeadBucket": "s3:ListBucket",
    "s3:GetBucketEncryption": "s3:GetEncryptionConfiguration",
    "s3:PutBucketEncryption": "s3:PutEncryptionConfiguration",
    "s3:GetPublicAccessBlock": "s3:GetBucketPublicAccessBlock",
    "s3:PutPublicAccessBlock": "s3:PutBucketPublicAccessBlock",
    "s3:GetBucketLifecycleConfiguration": "s3:GetLifecycleConfiguration",
    "s3:PutBucketLifecycleConfiguration": "s3:PutLifecycleConfiguration",
    "s3:GetObjectLockConfiguration": "s3:GetBucketObjectLockConfiguration",
    "s3:PutObjectLockConfiguration": "s3:PutBucketObjectLockConfiguration",
    "s3control:GetPublicAccessBlock": "s3:GetAccountPublicAccessBlock",
    "budgets:DescribeBudgets": "budgets:ViewBudget",
}
"""Calls whose permission has another name (AWS service authorization reference, 2026)."""


def permission(action: str) -> str:
    """The IAM action that allows a call: `s3:ListBuckets` is allowed by `s3:ListAllMyBuckets`."""
    action = action.replace("Dbi", "DBI").replace("Db", "DB").replace("Acl", "Acl")
    return PERMISSIONS.get(action, action)
