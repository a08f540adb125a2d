"""What an app can be: a process, a folder of files or a container; and the settings of each."""

import re
import shlex
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator, Field

from seawall.kit.fields import Fault, OneLine, wrong

if TYPE_CHECKING:
    from seawall.features.scalability.apps import App

KINDS = ("process", "php", "static", "build", "image")
INSTEAD = {
    "command": "what a process runs stands in `process`",
    "port": "a process is given its PORT",
    "scratch": "a process has a /tmp of its own",
}


def _context(value: str) -> str:
    inside = re.fullmatch(r"[A-Za-z0-9._][A-Za-z0-9._/-]*", value)
    if not inside or ".." in value.split("/"):
        raise wrong("should be a folder of the repository", "such as . or services/web")
    return value


def _image(value: str) -> str:
    if not re.fullmatch(r"[a-z0-9][A-Za-z0-9._/:@-]{0,254}", value):
        raise wrong("should be the name of an image", "such as ghcr.io/acme/web:1.4")
    return value


def _scratch(value: str) -> str:
    if not re.fullmatch(r"(/[A-Za-z0-9._-]+)+", value) or ".." in value.split("/"):
        raise wrong("should be a folder in the container, such as /app/tmp")
    return value


def _page(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_-][A-Za-z0-9._/-]*", value) or ".." in value.split("/"):
        raise wrong("should be a file of the folder, such as index.html")
    return value


FallbackPage = Annotated[OneLine, AfterValidator(_page)]
ContextFolder = Annotated[OneLine, AfterValidator(_context)]
ImageName = Annotated[OneLine, AfterValidator(_image)]
ScratchFolder = Annotated[OneLine, AfterValidator(_scratch)]


def _words(value: str) -> str:
    try:
        shlex.split(value)
    except ValueError:
        raise wrong("has a quotation mark that is not closed") from None
    return value


NOT_FOR_FILES = (
    "secrets",
    "uploads",
    "memory",
    "cpus",
    "before_switch",
    "command",
    "port",
    "scratch",
)
ContainerCommand = Annotated[OneLine, Field(min_length=1), AfterValidator(_words)]


def misfits(app: "App") -> Iterator[Fault]:
    """What does not go together in one app."""
    kinds = [name for name in KINDS if getattr(app, name)]
    if len(kinds) != 1:
        said = f"has {' and '.join(kinds)}" if kinds else f"has none of {', '.join(KINDS)}"
        yield Fault(
            said, "one of them says what it is: a command, a folder, a Dockerfile", (), False
        )
    elif app.static:
        yield from _of_files(app)
    elif app.php and not app.domains:
        yield Fault("needs a domain", "nobody reaches its pages without one", ("php",), False)
    elif app.fallback:
        yield Fault("is for a static folder", "the app itself answers", ("fallback",), False)
    elif app.contained:
        yield from _of_containers(app)
    elif app.process or app.php:
        for name in filter(app.__getattribute__, INSTEAD):
            yield Fault("is for a container", INSTEAD[name], (name,), False)


def _of_containers(app: "App") -> Iterator[Fault]:
    if app.install:
        hint = "write it into the Dockerfile, as RUN" if app.build else "an image is built already"
        yield Fault("is for a process", hint, ("install",), False)
    if app.supervisor != "systemd":
        yield Fault("is for a process", "systemd keeps containers running", ("supervisor",), False)


def _of_files(app: "App") -> Iterator[Fault]:
    if not app.domains:
        yield Fault("needs a domain", "nobody reaches its files without one", ("static",), False)
    for name in filter(app.__getattribute__, NOT_FOR_FILES):
        yield Fault("is for a process", "the proxy serves a static folder", (name,), False)
    if app.supervisor != "systemd":
        yield Fault("is for a process", "nothing of a folder runs", ("supervisor",), False)
    if app.instances != 1:
        yield Fault("is for a process", "files need no copies", ("instances",), False)
