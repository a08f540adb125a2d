"""Values of an app's settings, each of which says what is wrong with it."""

import re
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field

from seawall.kit.fields import Name, OneLine, wrong

_DOMAIN = r"^(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$"
_RESERVED = {"PORT", "INSTANCE", "PATH", "HOME", "USER", "LOGNAME", "SHELL"}


def _app_name(value: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9-]{0,24}", value):
        raise wrong("is not a name for an app", "use a-z, 0-9 and -, at most 25", shown=False)
    return value


def _domain(value: str) -> str:
    if not re.fullmatch(_DOMAIN, value):
        raise wrong("should be a domain, such as acme.example", _hint(value))
    return value


def _hint(value: str) -> str:
    return "leave out https:// and everything behind the name" if "/" in value else ""


def _path(value: str) -> str:
    if not re.fullmatch(r"/[!-~]{0,500}", value):
        raise wrong("should be a path, such as /healthz")
    return value


def _folder(value: str) -> str:
    allowed = re.fullmatch(r"/(srv|var/lib|data|mnt)(/[A-Za-z0-9._-]+)+", value)
    if not allowed or ".." in value.split("/"):
        raise wrong("should be a folder below /srv, /var/lib, /data or /mnt")
    if f"{value}/".startswith(("/srv/apps/", "/var/lib/seawall/", "/var/lib/caddy/")):
        raise wrong("is Seawall's own", "such as /srv/uploads")
    return value


def _memory(value: Any) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"[1-9]\d{0,5}[MG]", value):
        raise wrong("should be a size, such as 512M or 2G")
    return value


def _variable(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,127}", value):
        raise wrong("is not a name for an environment variable", shown=False)
    if value in _RESERVED:
        raise wrong("is given by Seawall", "leave it out", shown=False)
    return value


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, str | int | float) or "\0" in str(value) or "\n" in str(value):
        raise wrong("should be text on one line")
    return str(value)


AppName = Annotated[Name, AfterValidator(_app_name)]
Command = Annotated[OneLine, Field(min_length=1)]
Domain = Annotated[OneLine, AfterValidator(_domain)]
UrlPath = Annotated[OneLine, AfterValidator(_path)]
Folder = Annotated[OneLine, AfterValidator(_folder)]
Memory = Annotated[str, BeforeValidator(_memory), Field(pattern=r"^[1-9]\d{0,5}[MG]$")]
Cpus = Annotated[float, Field(gt=0, le=128)]
VariableName = Annotated[Name, AfterValidator(_variable)]
VariableValue = Annotated[str, BeforeValidator(_value)]
