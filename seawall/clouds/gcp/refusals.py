"""What Google refuses, in words that tell what to do: no answer is passed on unread."""

import json
import re
from typing import Any

from seawall.errors import ConfigError, SeawallError
from seawall.kit.cloud import Foreign, MissingPermission

LOGIN = "gcloud auth application-default login, or set GOOGLE_APPLICATION_CREDENTIALS to a key file"
VERBS = {"insert": "create", "patch": "update", "aggregatedList": "list"}
SPECIAL = {
    "storage.projects.hmacKeys": "storage.hmacKeys",
    "iam.projects.serviceAccounts.keys": "iam.serviceAccountKeys",
    "sql.instances": "cloudsql.instances",
    "cloudasset": "cloudasset.assets",
    "cloudbilling.projects": "resourcemanager.projects",
    "cloudresourcemanager.projects": "resourcemanager.projects",
    "billingbudgets.billingAccounts.budgets": "billing.budgets",
}
"""Methods whose permissions have another family name than themselves."""


class Missing(MissingPermission):
    """A permission is missing; its name, for those who go on without what it would show."""

    def __init__(self, permission: str, project: str) -> None:
        super().__init__(
            f"gcp {project}: the permission {permission} is missing",
            "seawall cloud policy gcp prints the role that has it",
        )
        self.permission = permission


class SwitchedOff(SeawallError):
    """An API that nobody switched on in this project: nothing of it can be there."""


class Absent(SeawallError):
    """What was asked for is not there."""


class Clash(Foreign):
    """The name is taken by something that is not ours."""


def permission(method: str) -> str:
    """The permission that a method needs, by Google's own pattern of names.

    Source: https://cloud.google.com/iam/docs/permissions-reference
    """
    family, _, verb = method.rpartition(".")
    if method == "cloudbilling.projects.getBillingInfo":
        return "resourcemanager.projects.get"
    family = SPECIAL.get(family, family.replace(".projects.", "."))
    return f"{family}.{VERBS.get(verb, verb)}"


def again(error: Any, statuses: set[int], *, unclear: bool) -> bool:
    """True when asking once more may help."""
    status = _status(error)
    if status is None:
        return unclear and isinstance(error, OSError)
    return status in statuses or _reason(error) in ("rateLimitExceeded", "userRateLimitExceeded")


def said(error: Any, method: str, project: str) -> SeawallError:
    """What somebody can do about it."""
    status, where = _status(error), f"gcp {project}"
    if status is None:
        return _without_answer(error, method, where)
    told = _message(error)
    if status == 401:
        return SeawallError(f"{where}: Google does not accept the login", LOGIN)
    if status == 403:
        return _forbidden(error, told, method, project)
    if status == 404:
        return Absent(f"{where}: {told}", "")
    if status == 409:
        return Clash(f"{where}: {told}", "it is there already, and not ours: rename or remove it")
    hint = "Google is busy or broken; the same command goes on where it stopped"
    return SeawallError(
        f"{where}: {method} failed: {told} ({status})", hint if status >= 429 else ""
    )


def _without_answer(error: Any, method: str, where: str) -> SeawallError:
    if type(error).__module__.startswith("google.auth"):
        return nobody(error)
    problem = f"{where}: no answer to {method}: {error or type(error).__name__}"
    return SeawallError(
        problem, "if it changes something, it may have been done: seawall plan shows it"
    )


def _forbidden(error: Any, told: str, method: str, project: str) -> SeawallError:
    if "SERVICE_DISABLED" in _text(error) or "has not been used in project" in told:
        api = re.search(r"(\w+)\.googleapis\.com", _text(error))
        name = api[1] if api else method.partition(".")[0]
        return SwitchedOff(
            f"gcp {project}: the API {name} is not switched on",
            f"gcloud services enable {name}.googleapis.com --project {project}",
        )
    named = re.search(r"'([a-z]+\.[\w.]+)'|[Pp]ermission ([a-z]+\.[\w.]+)", told)
    return Missing((named and (named[1] or named[2])) or permission(method), project)


def nobody(error: Any) -> SeawallError:
    """Nobody is logged in, or the login has ended."""
    text = str(error)
    if "iat" in text or "short-lived" in text:
        return SeawallError(
            "gcp: Google does not accept the login: the clock of this machine is wrong",
            "set the time, then try again",
        )
    ended = "invalid_grant" in text or "refresh" in text.lower()
    told = "the login has ended or was taken away" if ended else "nobody is logged in"
    return SeawallError(f"gcp: {told}", LOGIN)


def not_installed() -> ConfigError:
    """Google's library is an extra."""
    return ConfigError(
        "cloud.gcp: Google's client for Python is not installed",
        "pipx install --force 'seawall[gcp]'",
    )


def slow(operation: dict[str, Any], project: str) -> SeawallError:
    """An operation that does not end."""
    what = f"{operation.get('operationType', 'operation')} {operation.get('name', '')}"
    return SeawallError(
        f"gcp {project}: {what} is still running", "Google goes on; seawall plan shows how it ended"
    )


def failed(fault: dict[str, Any], operation: dict[str, Any], project: str) -> SeawallError:
    """An operation that Google could not carry out."""
    what = operation.get("operationType", "operation")
    return SeawallError(f"gcp {project}: {what} failed: {fault.get('message', fault.get('code'))}")


def _status(error: Any) -> int | None:
    found = getattr(error, "status_code", None)
    return int(found) if found is not None else None


def _text(error: Any) -> str:
    content = getattr(error, "content", b"")
    return content.decode("utf-8", "replace") if isinstance(content, bytes) else str(content)


def _told(error: Any) -> dict[str, Any]:
    try:
        told = json.loads(_text(error))["error"]
    except (ValueError, KeyError, TypeError):
        return {}
    return told if isinstance(told, dict) else {}


def _message(error: Any) -> str:
    message = str(_told(error).get("message") or "no reason given")
    return " ".join(message.split())[:300]


def _reason(error: Any) -> str:
    faults = _told(error).get("errors") or [{}]
    return str(faults[0].get("reason", "")) if isinstance(faults[0], dict) else ""
