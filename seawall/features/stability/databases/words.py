"""Values of a database's settings."""

import re
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator

from seawall.kit.fields import Name, OneLine, wrong

_TAKEN = {"postgres", "template0", "template1", "root", "public"}
_TAKEN |= {"mysql", "mariadb", "sys", "information_schema", "performance_schema"}
_FILE = r"/(srv|var/lib|data|mnt)(/[A-Za-z0-9._-]+){2,}"
_OURS = {"listen_addresses", "password_encryption", "hba_file", "data_directory", "port"}
_OURS |= {"bind", "protected_mode", "requirepass", "include", "dir", "aclfile", "user"}
_OURS |= {"bind_address", "skip_networking", "skip_grant_tables", "socket", "datadir"}


def _name(value: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,30}", value):
        raise wrong("is not a name for a database", "use a-z, 0-9 and _, at most 31", shown=False)
    if value in _TAKEN:
        raise wrong("is a name that the database server uses itself", "such as main", shown=False)
    return value


def _setting(value: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9_-]{0,62}(\.[a-z0-9_]+)?", value):
        raise wrong("is not a name for a setting of a database", "such as work_mem", shown=False)
    if value.replace("-", "_") in _OURS:
        raise wrong("keeps the database closed, and is not yours to set", "leave it out")
    return value


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if not isinstance(value, str | int | float) or not re.fullmatch(r"[ -~]{0,200}", str(value)):
        raise wrong("should be a value on one line, such as 32MB")
    return str(value)


def _file(value: str) -> str:
    if not re.fullmatch(_FILE, value) or ".." in value.split("/"):
        raise wrong("should be a file in a folder of its own", "such as /srv/acme/main.db")
    if value.startswith(("/srv/apps/", "/var/lib/seawall")):
        raise wrong("is Seawall's own", "such as /srv/acme/main.db")
    return value


DatabaseName = Annotated[Name, AfterValidator(_name)]
SettingName = Annotated[Name, AfterValidator(_setting)]
DatabaseFile = Annotated[OneLine, AfterValidator(_file)]
SettingValue = Annotated[str, BeforeValidator(_value)]
