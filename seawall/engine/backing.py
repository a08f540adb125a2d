"""Backups as a person asks for them: now, proven now, or listed. The server does the work."""

from dataclasses import dataclass
from typing import Any

from seawall.config import Config
from seawall.engine import doors
from seawall.errors import ConfigError, SeawallError


@dataclass(frozen=True)
class Wanted:
    """What to do (`backup`, `prove`, `verify`), with which data; all of it when none is named."""

    verb: str
    datasets: tuple[str, ...] = ()
    reading: tuple[int, int] | None = None
    """Which part of what is stored is read again, of how many; the next when none is named."""


@dataclass
class Saved:
    """What became of it on one server: each dataset's last event, and what ended it."""

    server: str
    events: tuple[dict[str, Any], ...] = ()
    error: SeawallError | None = None

    @property
    def ok(self) -> bool:
        """True when everything that was asked for is done."""
        return self.error is None and not any(
            event["type"] in WRONG or event.get("ok") is False for event in self.events
        )


def servers_of(config: Config, only: str = "") -> list[str]:
    """The servers that have data, or one of them; ConfigError when there is none."""
    names = [name for name in config.servers if config.datasets(name)]
    if not names:
        hint = "databases: { main: { engine: postgres, server: web1 } } declares some"
        raise ConfigError(f"{config.name}: no server has a database or uploads", hint)
    if only and only not in names:
        raise ConfigError(f"{only} has no data to save", f"these have: {', '.join(names)}")
    return [only] if only else names


def carry_out(config: Config, names: list[str], wanted: Wanted) -> list[Saved]:
    """Do it on each of these servers, side by side."""
    return doors.on_each(names, lambda name: _carry_out(config, name, wanted))


def _carry_out(config: Config, name: str, wanted: Wanted) -> Saved:
    document: dict[str, Any] = {"mode": "data", "verb": wanted.verb}
    document["datasets"] = list(wanted.datasets)
    if wanted.reading:
        document["reading"] = dict(zip(("part", "of"), wanted.reading, strict=True))
    return asked(config, name, document)


def asked(config: Config, name: str, document: dict[str, Any]) -> Saved:
    """Ask one server for something about its data, and hear how it ends."""
    events: list[dict[str, Any]] = []
    try:
        with doors.talk(doors.server(config, name), document) as talk:
            for event in talk:
                if event["type"] == "crash":
                    raise doors.crashed(name, event)
                if event["type"] in ENDED:
                    events.append(event)
                if event["type"] == "done":
                    return Saved(name, tuple(events))
                if event["type"] == "failed":
                    return _failed(name, tuple(events), event)
        raise SeawallError(f"{name}: the connection was cut", "seawall backup list shows the end")
    except SeawallError as error:
        return Saved(name, tuple(events), error)


def _failed(name: str, events: tuple[dict[str, Any], ...], event: dict[str, Any]) -> Saved:
    """What failed is told by its dataset; a run that was killed or refused is an error."""
    saved = Saved(name, events)
    return saved if not saved.ok else Saved(name, events, _refused(name, event))


ENDED = (
    *("saved", "unsaved", "proven", "unproven", "restored", "returned", "unreturned"),
    *("intact", "damaged", "unread"),
)
"""Events that tell what became of something."""
WRONG = ("unsaved", "unproven", "unreturned", "damaged", "unread")


def _refused(name: str, event: dict[str, Any]) -> SeawallError:
    said = f"{event['problem']}: {event['output']}" if event.get("output") else event["problem"]
    return SeawallError(f"{name}: {said}", f"seawall apply {name}, then try again")


def copies(config: Config, names: list[str]) -> list[tuple[str, dict[str, Any] | SeawallError]]:
    """What is stored of each of these servers, and the facts that `check` judges."""
    return doors.on_each(names, lambda name: (name, _copies(config, name)))


def _copies(config: Config, name: str) -> dict[str, Any] | SeawallError:
    try:
        document = {"mode": "data", "verb": "list"}
        there = doors.server(config, name)
        return doors.answer(there, document, "copies", lambda event: _refused(name, event))
    except SeawallError as error:
        return error
