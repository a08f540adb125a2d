"""The machines in seawall.yml, and how OpenSSH is told to reach them.

A host is what one would type after `ssh`: a name from ~/.ssh/config, an address, user@host,
user@host:port, or `local`. It can never become an option of ssh or a word for a shell.
"""

import ipaddress
import re
from pathlib import Path
from typing import Annotated, Any, NamedTuple

from pydantic import AfterValidator, BeforeValidator, ValidationInfo, model_validator

from seawall.kit.cloud.settings import Placed
from seawall.kit.feature import Section
from seawall.kit.fields import Fault, OneLine, PortNumber, faults, name, wrong

_NAME = r"[a-z][a-z0-9-]{0,62}"
_USER = re.compile(r"[A-Za-z_][A-Za-z0-9._-]{0,63}")
_HOST = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,252}")
_V6 = re.compile(r"[0-9A-Fa-f:.]+(%[A-Za-z0-9_.-]+)?")
_FORMS = "write a name from ~/.ssh/config, an address, user@host or user@host:port"


class Address(NamedTuple):
    """A host, taken apart: what goes to ssh as user, host name and port."""

    user: str | None
    host: str
    port: int | None


def address(written: str) -> Address:
    """Take `user@host:port` apart; ValueError says what is wrong with it."""
    user, at, rest = written.rpartition("@")
    if "://" in written:
        raise wrong("should be a host", "leave out everything up to ://", shown=":" not in user[8:])
    if ":" in user:
        raise wrong("should not contain a password", "log in with a key", shown=False)
    if at and not _USER.fullmatch(user):
        raise wrong("should be a host", _FORMS)
    host, port = _split(rest)
    if not _is_host(host):
        numeric = ":" in host or re.fullmatch(r"[0-9.]+", host)
        raise wrong("is not an address" if numeric else "should be a host", _FORMS)
    return Address(user or None, host, port)


def _split(rest: str) -> tuple[str, int | None]:
    if bracketed := re.fullmatch(r"\[([^\]]*)\](?::(\d+))?", rest):
        host, port = bracketed.groups()
        return (host if ":" in host else ""), _number(port)
    if rest.count(":") == 1:
        host, _, port = rest.partition(":")
        return host, _number(port)
    return rest, None


def _number(port: str | None) -> int | None:
    if port is None:
        return None
    if not re.fullmatch(r"[0-9]{1,5}", port) or not 1 <= int(port) <= 65535:
        raise wrong("should end in a port, 1 to 65535", _FORMS)
    return int(port)


def _is_host(host: str) -> bool:
    if ":" in host or re.fullmatch(r"[0-9.]+", host):
        return bool(":" not in host or _V6.fullmatch(host)) and _is_address(host)
    return bool(_HOST.fullmatch(host))


def _is_address(host: str) -> bool:
    try:
        return bool(ipaddress.ip_address(host))
    except ValueError:
        return False


def _host(value: Any) -> str:
    written = name(value)
    address(written)
    return written


def _server_name(value: Any) -> str:
    written = name(value)
    if not re.fullmatch(_NAME, written):
        raise wrong("is not a name for a server", _LETTERS, shown=False)
    return written


def _project_name(value: Any) -> str:
    if isinstance(value, int | float) or not re.fullmatch(_NAME, name(value)):
        raise wrong("is not a name for a project", _LETTERS)
    return name(value)


_LETTERS = "use a-z, 0-9 and -, starting with a letter, at most 63"


def _key_file(value: str, info: ValidationInfo) -> str:
    if value.startswith("-") or not value:
        raise wrong("should be the path of a private key file")
    folder = (info.context or {}).get("folder") or Path()
    try:
        return str(Path(folder, Path(value).expanduser()).absolute())
    except RuntimeError:
        raise wrong("is in the home of somebody unknown here") from None


def _private(value: str) -> str:
    if not _is_host(value):
        raise wrong("should be an address or a name, without a user or a port")
    return value


ServerName = Annotated[str, BeforeValidator(_server_name, json_schema_input_type=str)]
ProjectName = Annotated[str, BeforeValidator(_project_name, json_schema_input_type=str)]


class ServerSettings(Section):
    """A server, and how to reach it."""

    host: Annotated[str, BeforeValidator(_host, json_schema_input_type=str)]
    """What you would type after `ssh`: an address, a name from ~/.ssh/config, user@host,
    user@host:port; or `local` for this machine."""
    port: PortNumber | None = None
    """The port its sshd listens on now, when it is not 22 and not in ~/.ssh/config."""
    key: Annotated[OneLine, AfterValidator(_key_file)] | None = None
    """A private key file to log in with, relative to seawall.yml; your ssh agent and
    ~/.ssh/config are used when absent."""

    private: Annotated[OneLine, AfterValidator(_private)] | None = None
    """Where your other servers reach it, such as 10.0.0.5 in a network of their own; where ssh
    reaches it when absent. The proxies of an app on several servers help each other over it."""

    cloud: Placed | None = None
    """Which machine of a cloud it is: `{ aws: i-0abc1234def567890, region: eu-west-1 }` or
    `{ gcp: project/zone/instance }`; then snapshots, alarms and the audit know it."""

    @model_validator(mode="after")
    def _one_port(self) -> "ServerSettings":
        if self.port and address(self.host).port:
            raise faults(
                [Fault("is at the end of host already", "keep one of them", ("port",), shown=False)]
            )
        return self

    @property
    def address(self) -> Address:
        """User, host name and port; what is None is left to ~/.ssh/config."""
        found = address(self.host)
        return found if found.port else found._replace(port=self.port)

    @property
    def local(self) -> bool:
        """True for the machine Seawall itself runs on."""
        return self.host == "local"


class Top(Section):
    """What seawall.yml says besides its features."""

    project: ProjectName = ""
    """A short name for all of this; the folder's name when absent."""
    servers: dict[ServerName, ServerSettings] = {}
    """Your servers, by a name of your choice."""


__all__ = ["Address", "ServerSettings", "Top", "address"]
