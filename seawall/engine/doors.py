"""From seawall.yml to a conversation with a server, and to every server at once."""

import getpass
import os
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from threading import Lock
from typing import IO, Any, TypeVar

from seawall import early
from seawall.config import Config
from seawall.errors import SeawallError
from seawall.server import NoPython, Server, SudoPassword, Talk

PARALLEL = 32
"""Servers asked at the same time; each costs one ssh process."""
STAYING = ("apps", "deploy")
"""What an agent that stayed is asked for."""
PASSWORD_FILE = "SEAWALL_SUDO_PASSWORD_FILE"  # noqa: S105  # the name of a variable
Answer = TypeVar("Answer")
_asking = Lock()
_waiting: dict[str, Talk] = {}
"""Conversations with agents that stay for another document, by server."""


def server(config: Config, name: str) -> Server:
    """How to get into a server: as declared, or as an admin of the file."""
    settings = config.servers[name]
    user, host, port = settings.address
    declared = config.section("ssh").port if config.described else None  # type: ignore[attr-defined]
    moved = declared if declared and declared != 22 and declared != port else None
    others = tuple(admins(config))
    return Server(name, host, user or "", port, settings.key or "", others, moved)


def admins(config: Config) -> list[str]:
    """The people who may use sudo, whoever sits here first."""
    named: list[str] = config.section("people").admins()  # type: ignore[attr-defined]
    here = os.environ.get("USER", "")
    return sorted(named, key=lambda name: name != here)


def login(config: Config, name: str) -> list[str]:
    """The ssh command that logs in to a server, as `seawall ssh` runs it."""
    there = server(config, name)
    with talk(there, {"mode": "look"}):
        return there.ssh_argv()


@contextmanager
def talk(
    there: Server, document: dict[str, Any], payload: IO[bytes] | None = None
) -> Iterator[Talk]:
    """A conversation, with the sudo password when there must be one.

    A `payload` is sent behind the document; its size stands in it. An agent that is told to stay
    (`stays` in the document) waits for the next conversation with its server.
    """
    opened = _again(there, document) or _open(there, document)
    if payload:
        opened.send(payload)
    try:
        yield opened
    except BaseException:
        opened.close()
        raise
    if document.get("stays"):
        _waiting[there.name] = opened
    else:
        opened.close()


def answer(
    there: Server,
    document: dict[str, Any],
    wanted: str,
    refused: Callable[[dict[str, Any]], SeawallError],
    *,
    cut: str = "run it again",
) -> dict[str, Any]:
    """The one event of this type that answers a document; what `refused` makes of a failure is
    raised, as is a SeawallError where the server cannot be reached or, with the hint `cut`, the
    connection was cut."""
    with talk(there, document) as opened:
        for event in opened:
            if event["type"] == "crash":
                raise crashed(there.name, event)
            if event["type"] == "failed":
                raise refused(event)
            if event["type"] == wanted:
                return event
    raise SeawallError(f"{there.name}: the connection was cut", cut)


def _again(there: Server, document: dict[str, Any]) -> Talk | None:
    """The conversation with an agent that stayed, if there is one and it still listens."""
    waiting = _waiting.pop(there.name, None) if document["mode"] in STAYING else None
    if waiting and not waiting.more(document):
        waiting.close()
        return None
    return waiting


def got_in(config: Config, talk: Talk, app: str = "") -> None:
    """Let the next command begin as this conversation did, while it still reads seawall.yml."""
    if config.path and talk.door and not talk.password:
        place = f"{talk.name}/{app}" if app else talk.name
        early.got_in(str(config.path), place, talk.argv)


def _open(there: Server, document: dict[str, Any]) -> Talk:
    try:
        return there.talk(document)
    except SudoPassword:
        return _with_password(there, lambda password: there.talk(document, password))
    except NoPython as missing:
        by_hand = f"ssh {there.host} apt-get install python3"
        missing.hint = f"seawall apply installs it, after asking; or by hand: {by_hand}"
        raise


def install_python(config: Config, names: list[str]) -> dict[str, SeawallError]:
    """Install python3 on servers that have none; why it could not be done, where it could not."""
    errors = on_each(names, lambda name: _install_python(server(config, name)))
    return {name: error for name, error in zip(names, errors, strict=True) if error}


def _install_python(there: Server) -> SeawallError | None:
    try:
        try:
            there.install_python()
        except SudoPassword:
            _with_password(there, there.install_python)
    except SeawallError as error:
        return error
    return None


def _with_password(there: Server, work: Callable[[str], Answer]) -> Answer:
    """Do what sudo wants a password for."""
    try:
        return work(sudo_password(there.name))
    except SudoPassword as wrong:
        if not wrong.hint:
            _asked.cache_clear()
            wrong.hint = f"type it again, or look into the file that {PASSWORD_FILE} names"
        raise


@cache
def _asked(name: str) -> str:
    behind_a_live_line = "\n" if sys.stderr.isatty() else ""
    return getpass.getpass(f"{behind_a_live_line}sudo password on {name}: ")


def sudo_password(name: str) -> str:
    """What sudo on a server wants to hear: from a file, or from whoever sits here."""
    if path := os.environ.get(PASSWORD_FILE):
        return Path(path).read_text().rstrip("\n")
    if not sys.stdin.isatty() or "CI" in os.environ:
        raise SudoPassword(
            f"{name}: sudo wants a password and nobody can be asked",
            f"put it into a file only you can read: {PASSWORD_FILE}=FILE",
        )
    with _asking:
        return _asked(name)


def on_each(names: list[str], work: Callable[[str], Answer]) -> list[Answer]:
    """Do the same for many servers, side by side; answers in their order."""
    with ThreadPoolExecutor(max(1, min(PARALLEL, len(names)))) as pool:
        return list(pool.map(work, names))


def crashed(name: str, event: dict[str, Any]) -> SeawallError:
    """A bug of the agent; its traceback is kept in a file that can be sent."""
    path = Path(early.state_folder(), f"agent-crash-{os.getpid()}-{name}.txt")
    path.write_text(event["output"])
    return SeawallError(
        f"{name}: the agent failed: {event['problem']}",
        f"this is a bug in seawall; please report it with {path}",
    )
