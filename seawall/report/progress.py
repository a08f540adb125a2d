"""What an apply does, line by line: one for each finished step, all of it for a failed one.

Servers are worked on side by side but read one after the other: lines of a server wait until
the one being shown has ended. The live line names all that run.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import TracebackType

from seawall.kit import Event
from seawall.report import documents
from seawall.report.layout import NARROW, Page
from seawall.report.live import Live
from seawall.report.screen import Output, Screen
from seawall.report.words import cells, count, duration, listed, shortened

NAME = 15
"""Columns for the feature's name."""


@dataclass
class Work:
    """What is known of the work on one server."""

    server: str
    waiting: list[Event] = field(default_factory=list)
    done: list[str] = field(default_factory=list)
    running: str = "connecting"
    since: float = field(default_factory=time.monotonic)
    begun: bool = False
    ended: bool = False
    well: bool = False


class Progress:
    """Told every event by the engine, from any thread; writes what a person wants to know."""

    def __init__(self, output: Output, servers: list[str]) -> None:
        self._output = output
        self._works = {server: Work(server) for server in servers}
        self._lock = threading.RLock()
        self._shown = ""
        self._live = Live(output.err, self._running)

    def __enter__(self) -> "Progress":
        self._live.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._live.above(lambda: self._flush(everything=True))
        self._live.__exit__(kind, error, trace)

    def __call__(self, event: Event) -> None:
        with self._lock:
            work = self._works.setdefault(event.server, Work(event.server))
            self._note(work, event)
        self._live.above(self._flush)

    def stays(self, verb: str) -> str:
        """For somebody who interrupts: what is applied, and that the rest goes on."""
        busy = [work.server for work in self._works.values() if work.begun and not work.well]
        done = [f"{work.server}: {', '.join(work.done)}" for work in self._works.values()]
        applied = "; ".join(text for text in done if not text.endswith(": "))
        goes_on = f" The work on {listed(busy)} goes on; seawall {verb} joins it." if busy else ""
        return f"Stopped watching. Applied so far: {applied or 'nothing'}.{goes_on}"

    def _note(self, work: Work, event: Event) -> None:
        work.begun = True
        if event.type == "start":
            work.running, work.since = event.feature or event.what, time.monotonic()
        elif event.type == "end":
            work.ended, work.well = True, event.ok
        else:
            work.waiting.append(event)
            if event.ok and event.feature not in work.done and event.type == "step":
                work.done.append(event.feature)

    def _running(self) -> str:
        now = time.monotonic()
        works = [work for work in self._works.values() if not work.ended]
        told = (f"{work.server} {work.running}, {now - work.since:.0f} s" for work in works)
        return "; ".join(told)

    def _flush(self, everything: bool = False) -> None:
        """Write what may be written: all of the first server that has not ended, then the next."""
        with self._lock:
            for work in self._works.values():
                self._write(work)
                if not (work.ended or everything):
                    break

    def _write(self, work: Work) -> None:
        if not work.waiting:
            return
        page = Page(self._output.out)
        if self._shown != work.server:
            self._begin(page, work)
        last = ""
        while work.waiting:
            last = self._line(page, work.waiting.pop(0), last)
        page.show()

    def _begin(self, page: Page, work: Work) -> None:
        stream = page.screen.stream
        if not self._shown:
            page.screen.show([""])
        if page.screen.github:
            stream.write("::endgroup::\n" if self._shown else "")
            stream.write(f"::group::{page.screen.text(work.server)}\n")
        elif not page.screen.plain:
            page.head(work.server, "")
        self._shown = work.server

    def _line(self, page: Page, event: Event, last: str) -> str:
        said = "; ".join(filter(None, (event.what, event.note)))
        took = duration(event.seconds) if event.type != "joined" else ""
        if page.screen.plain:
            page.lines.append(page.screen.text(_plain(event, said, took)))
            return event.feature
        if event.type == "joined":
            page.item("should", joined(event))
            return ""
        if event.ok:
            said = shortened(said, _room(page.screen, took))
        name = "" if event.feature == last and event.ok else event.feature
        page.item("ok" if event.ok else "must", said, took, name=(name, NAME))
        self._failed(page, event)
        return event.feature

    def _failed(self, page: Page, event: Event) -> None:
        if not event.ok and event.output:
            page.bullet(f"the last {count(len(event.output), 'line')} it wrote:")
            for line in event.output:
                page.exact(line, 8)


@contextmanager
def following(output: Output, servers: list[str], verb: str) -> Iterator[Callable[[Event], None]]:
    """What to hand the engine: lines for a person, events for a program."""
    if not output.spoken:
        lock = threading.Lock()
        yield lambda event: _written(event, lock)
        return
    with Progress(output, servers) as progress:
        output.stays = lambda: progress.stays(verb)
        yield progress


def _written(event: Event, lock: threading.Lock) -> None:
    with lock:
        documents.write_event(documents.event(event))


def _room(screen: Screen, took: str) -> int:
    """Columns for what was done, beside its feature and its seconds."""
    if screen.width < NARROW:
        return screen.width - 6
    return screen.width - 3 - screen.mark_width - NAME - cells(took) - 2


def _plain(event: Event, said: str, took: str) -> str:
    if event.type == "joined":
        return f"{event.server}: {joined(event)}"
    state = "ok" if event.ok else "failed"
    return f"{event.server} {event.feature}: {state}, {said}, {took}"


def joined(event: Event) -> str:
    """Whose work this is that we now watch."""
    owner, since = event.extra.get("owner", ""), event.extra.get("since", "")
    told = "joined the work already going on"
    return f"{told}{f', begun by {owner}' if owner else ''}{f' at {since}' if since else ''}"
