"""Where backups go: a restic repository, by the way that restic writes it."""

import re
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from seawall.features.stability.backups import sftp
from seawall.kit import Section
from seawall.kit.fields import OneLine, wrong
from seawall.kit.fields.secrets import SecretName

_KINDS = (
    r"s3:(https?://)?[^\s/]+/\S+|sftp:(//)?\S+|rest:https?://\S+|(b2|azure|gs|swift|rclone):\S+"
    r"|/(srv|var/backups|mnt|media|data)/\S+"
)
_LOGIN = r"://[^/@\s]*:[^/@\s]+@"


def _place(value: Any) -> Any:
    return {"to": value} if isinstance(value, str) else value


def _repository(value: str) -> str:
    if re.search(_LOGIN, value):
        raise wrong("holds a password", "name it in secrets:, and take it out of here", shown=False)
    if not re.fullmatch(_KINDS, value):
        raise wrong(
            "is not a place for backups",
            "such as s3:https://s3.eu-west-1.amazonaws.com/acme-backups, or sftp:user@host:/folder",
        )
    return value.rstrip("/")


def _ignored(value: str) -> str:
    if not re.fullmatch(r"/[^\s].*|[A-Za-z0-9][A-Za-z0-9._-]*", value) or value in ("/", "/srv"):
        raise wrong("should be a file, a folder, or the name of a database or volume")
    return value.rstrip("/")


def _host_key(value: str) -> str:
    if not re.fullmatch(sftp.HOST_KEY, value):
        raise wrong("is not a host key", "such as ssh-ed25519 AAAA…, without a name before it")
    return value


def _hours(value: str) -> str:
    found = re.fullmatch(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)", value)
    if not found:
        raise wrong("should be hours of the day", "such as 08:00-10:30, or 22:00-06:00")
    return value


def _at_most_half_a_day(value: list[str]) -> list[str]:
    spans = [(end - begin) % DAY or DAY for begin, end in map(minutes, value)]
    if sum(spans) > DAY / 2:
        hint = "a server that dies takes with it what was written since"
        raise wrong("should be 12 hours of a day together, or less", hint)
    return value


def minutes(hours: str) -> tuple[int, int]:
    """From and until of `08:00-10:30`, in minutes of the day."""
    begin, end = (int(each[:2]) * 60 + int(each[3:]) for each in hours.split("-"))
    return begin, end


Hours = Annotated[
    list[Annotated[OneLine, AfterValidator(_hours)]], AfterValidator(_at_most_half_a_day)
]
DAY = 24 * 60
"""Minutes."""
HostKey = Annotated[OneLine, AfterValidator(_host_key)]
Ignored = Annotated[OneLine, AfterValidator(_ignored)]
Repository = Annotated[OneLine, AfterValidator(_repository)]


class Pruner(Section):
    """How a repository is opened by who may delete: for `seawall backup prune`."""

    to: Repository | None = None
    """The same repository by another way, such as another port; without it, the same way."""
    secrets: dict[SecretName, SecretName] = {}
    """Variables that restic wants, as above, with the key that may delete. No server gets it."""


class Place(Section):
    """A restic repository, and what its storage wants to know."""

    to: Repository
    """The repository as restic writes it: `s3:https://HOST/BUCKET`, `sftp:USER@HOST:/FOLDER`,
    `rest:https://HOST/`, `b2:`, `azure:`, `gs:`, `rclone:REMOTE:FOLDER`. Each server gets a folder
    of its own in it."""
    secrets: dict[SecretName, SecretName] = {}
    """Environment variables that restic wants for it and, for each, the secret with its value:
    `{ AWS_ACCESS_KEY_ID: BACKUP_KEY_ID, AWS_SECRET_ACCESS_KEY: BACKUP_KEY }`."""
    limit: Annotated[int, Field(ge=0, le=10_000_000)] = 0
    """The most that is sent, in KiB a second; 0 for no limit."""
    key: SecretName | None = None
    """For `sftp:`, the secret with the servers' private ssh key: `ssh-keygen -t ed25519 -N ""`
    makes one; its public half belongs to the account there. Give that SFTP and no shell."""
    host_key: HostKey | None = None
    """The host key of that machine, as `ssh-keyscan -t ed25519 HOST` prints it without the name.
    Nothing else is taken for it."""
    pruner: Pruner | None = None
    """With `append_only`: how `seawall backup prune`, on your machine, gets in to delete."""

    @property
    def named(self) -> list[str]:
        """Every secret that a server needs for it."""
        return [*self.secrets.values(), *([self.key] if self.key else [])]

    @model_validator(mode="after")
    def _pinned(self) -> "Place":
        if (self.key or self.host_key) and sftp.address(self.to) is None:
            raise wrong("has a key, which is for sftp:USER@HOST:/FOLDER alone", shown=False)
        if bool(self.key) != bool(self.host_key):
            hint = "ssh-keyscan -t ed25519 HOST prints the host_key; compare it with the provider's"
            raise wrong("needs key and host_key together", hint, shown=False)
        return self


Destination = Annotated[Place, BeforeValidator(_place)]
