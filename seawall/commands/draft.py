"""The seawall.yml that `seawall init` writes: short, explained, and valid before it is written."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from seawall.errors import SeawallError
from seawall.repository.guess import AppGuess

FILE = "seawall.yml"
SCHEMA = ".seawall/schema.json"

_HEAD = f"""\
# yaml-language-server: $schema={SCHEMA}
# The line above lets your editor complete and check this file, without the network.
# After an update of seawall: seawall schema > {SCHEMA}
# Why a section exists and what it does: seawall explain firewall
"""
_PROJECT = "project: {project}\n"
_PEOPLE = """\
# One account per person. Root's own login closes once an admin is proven to get in.
people:
  {person}:
    keys:
      - {key}
    admin: true
"""
_SERVERS = """\
# host is what you would type after `ssh`: a name, an address, user@host:port.
servers:
  {server}:
    host: {host}
"""
_FIREWALL = """\
# Everything else is closed, except ssh. Leave out what a server has no use for.
firewall:
  open: [80, 443]
"""
_APPS = """\
# Recognised as {why}. What else an app may say: seawall explain apps
apps:
  web:
"""
_KINDS = {
    "process": "what serves, on the PORT it is given",
    "php": "what visitors may ask for; the rest stays closed",
    "static": "the proxy serves these files itself, so nothing has to run",
    "build": "its Dockerfile, built on the server from what is committed",
}
_WORD = re.compile(r"(?i)y|yes|n|no|on|off|true|false|null")


@dataclass(frozen=True)
class Answers:
    """What init was told or found out; empty is none."""

    project: str
    host: str = ""
    person: str = ""
    key: str = ""
    domain: str = ""
    app: AppGuess | None = None

    @property
    def server(self) -> str:
        """A name for the server: what ssh calls it, when that is a name."""
        name = re.sub(r".*@|:\d+$|\..*", "", self.host)
        return name if re.fullmatch(r"[a-z][a-z0-9-]{0,62}", name) else "web1"


def sections(answers: Answers) -> dict[str, str]:
    """The text of each section there is something to say about."""
    values = {
        "project": _scalar(answers.project),
        "server": _scalar(answers.server),
        "host": _scalar(answers.host),
        "person": _scalar(answers.person),
        "key": _scalar(answers.key),
    }
    told = {"project": _PROJECT}
    told |= {"people": _PEOPLE} if answers.person else {}
    told |= {"servers": _SERVERS} if answers.host else {}
    told |= {"firewall": _FIREWALL}
    whole = {name: text.format(**values) for name, text in told.items()}
    return whole | ({"apps": _app(answers.app, answers.domain)} if answers.app else {})


def _app(app: AppGuess, domain: str) -> str:
    """The section of an app, its reasons as comments."""
    kind, value = app.kind
    lines = [_APPS.format(why=app.why).rstrip()]
    lines += [f"    # {app.note}"] if app.note else []
    lines += [f"    {kind}: {_scalar(value)}   # {_KINDS[kind]}"]
    lines += _built(app)
    if app.before_switch:
        lines += ["    # Once for each release, before it gets a request."]
        lines += [f"    before_switch: {_scalar(app.before_switch)}"]
    # Files that nobody reaches are no app: an example has to stand in.
    stand_in = "acme.example" if kind in ("php", "static") else ""
    if domain or stand_in:
        told = "" if domain else "   # yours"
        lines.append(f"    domain: {_scalar(domain or stand_in)}{told}")
    else:
        lines.append("    # domain: acme.example   without one, nobody outside reaches it")
    lines += _surrounded(app)
    health = f"health: {app.health}" if app.health else "# health: /healthz"
    lines.append(f"    {health}   # a page that answers 200 when it is well")
    return "\n".join(lines) + "\n"


def _built(app: AppGuess) -> Iterator[str]:
    if app.fallback:
        yield f"    fallback: {app.fallback}   # for addresses that only the page itself knows"
    if app.install:
        yield "    install:   # on the server, in the release's own folder, before it starts"
    for each in app.install:
        yield f"      - {_scalar(each)}"
    if app.packages:
        yield f"    packages: [{', '.join(app.packages)}]   # of the distribution, for these lines"


def _surrounded(app: AppGuess) -> Iterator[str]:
    if app.env:
        pairs = ", ".join(f"{name}: {value}" for name, value in app.env)
        yield f"    env: {{ {pairs} }}"
    if app.secrets:
        yield f"    secrets: [{', '.join(app.secrets)}]   # their values never stand in this file"
    if app.uploads:
        yield f"    uploads: [{', '.join(app.uploads)}]   # all that it may write to and keep"


def whole(told: Mapping[str, str]) -> str:
    """The file made of these sections."""
    return "\n".join([_HEAD, *told.values()])


def missing(answers: Answers) -> list[str]:
    """What the file still lacks before it can do anything."""
    told = []
    if not answers.host:
        told.append("No server yet: add it under servers, or try one with seawall lab up.")
    if not answers.person:
        told.append("Nobody may log in yet: add people with their keys (seawall explain people).")
    if answers.app and not answers.app.health:
        told.append(
            "No health page is declared, so a broken release is noticed only when its port stays "
            "closed. Add a page that answers 200, then apps.web.health."
        )
    return told


def write(folder: Path, text: str) -> None:
    """Put the file and its schema there; a file that is there already is never replaced."""
    from seawall.config import schema

    try:
        (folder / SCHEMA).parent.mkdir(exist_ok=True)
        (folder / SCHEMA).write_text(json.dumps(schema(), indent=2) + "\n", "utf-8")
        with (folder / FILE).open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        name = Path(error.filename or FILE).name
        raise SeawallError(f"{name}: cannot be written: {error.strerror}") from None


def _scalar(text: str) -> str:
    """Text as YAML, in quotes where a reader could take it for something else."""
    plain = re.fullmatch(r"[a-z][A-Za-z0-9 _.@+/=-]*(:[A-Za-z0-9]+)?|\d+(\.\d+){3}", text)
    return text if plain and not _WORD.fullmatch(text) else json.dumps(text)
