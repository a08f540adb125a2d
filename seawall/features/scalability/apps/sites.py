"""Settings of an app that decide how visitors reach it, each saying what is wrong with it."""

import re
from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from seawall.features.scalability.apps.fields import Domain, UrlPath
from seawall.kit import Section
from seawall.kit.fields import Fault, OneLine, faults, wrong


def _listed(value: Any) -> Any:
    """One domain as a list of one."""
    return [value] if isinstance(value, str) else value


def _each_once(value: list[str]) -> list[str]:
    again = [place for place, name in enumerate(value) if name in value[:place]]
    if again:
        problem = f"{value[again[0]]} is there twice"
        raise faults([Fault(problem, "leave one of them out", (again[0],), shown=False)])
    return value


def _body(value: Any) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"[1-9]\d{0,5}[kMG]", value):
        raise wrong("should be a size, such as 100M or 2G")
    return value


def _prefix(value: str) -> str:
    if "*" in value or "{" in value or len(value) < 2:
        raise wrong("should be the start of a path, such as /api", "no * is needed")
    return value.rstrip("/")


def _visitor(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", value):
        raise wrong("is not a name to log in with", "use letters, digits and . _ -", shown=False)
    return value


class OwnCertificate(Section):
    """A certificate that you bring and renew yourself."""

    cert: OneLine
    """A PEM file with the certificate and its intermediates, beside seawall.yml."""
    key: OneLine
    """A PEM file with its private key; keep it out of the repository. On the server only the
    proxy reads it."""


def _issuer(value: Any) -> Any:
    """`acme` and `internal`, or both files."""
    if isinstance(value, dict | OwnCertificate) or value in ("acme", "internal"):
        return value
    raise wrong("should be acme, internal, or a mapping with cert and key")


_Issuers = Literal["acme", "internal"]
Domains = Annotated[
    list[Domain],
    BeforeValidator(_listed, json_schema_input_type=Domain | list[Domain]),
    AfterValidator(_each_once),
]
Prefix = Annotated[UrlPath, AfterValidator(_prefix)]
BodyLimit = Annotated[str, BeforeValidator(_body), Field(pattern=r"^[1-9]\d{0,5}[kMG]$")]
VisitorName = Annotated[OneLine, AfterValidator(_visitor)]
_AnyCertificate = OwnCertificate | _Issuers
Certificate = Annotated[
    _AnyCertificate, BeforeValidator(_issuer, json_schema_input_type=_AnyCertificate)
]
_UNITS = {"k": 1000, "M": 1000**2, "G": 1000**3}


def in_bytes(size: str) -> int:
    """`100M` in bytes."""
    return int(size[:-1]) * _UNITS[size[-1]]


def clashes(apps: dict[str, Any]) -> Iterator[Fault]:
    """Domains and paths that two apps of the same server both want; who asks is not said."""
    taken: dict[tuple[str, str], str] = {}
    for name, app in apps.items():
        for domain in app.domains:
            for path in app.paths or [""]:
                first = taken.setdefault((domain, path), name)
                if first != name and _meet(apps[first], app):
                    problem = f"{domain}{path} is the app {first} already"
                    yield Fault(problem, "paths: [/…] shares a domain", (name,), shown=False)
        yield from _misplaced(name, app)


def _meet(one: Any, other: Any) -> bool:
    """True when two apps are on the same server."""
    return not one.servers or not other.servers or bool({*one.servers} & {*other.servers})


def _misplaced(name: str, app: Any) -> Iterator[Fault]:
    """Settings that say nothing without a domain."""
    alone = {"paths": app.paths, "redirect": app.redirect, "basic_auth": app.basic_auth}
    for setting, value in alone.items():
        if value and not app.domains:
            hint = "give it a domain, or leave this out"
            yield Fault("needs a domain", hint, (name, setting), shown=False)
    for index, domain in enumerate(app.redirect):
        if domain in app.domains:
            problem = "is served by this app already"
            yield Fault(problem, "leave it out here or there", (name, "redirect", index))
