"""Lines of several servers as one stream: sorted when they are all there, else as they come."""

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from queue import SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, Any

from seawall.errors import SeawallError
from seawall.report.screen import Output, Screen

if TYPE_CHECKING:
    from seawall.commands.releasing import Target
    from seawall.engine.errands import Errand, Lines
    from seawall.report.journal import Line

Queue = SimpleQueue[Any]


def tail(output: Output, meant: "Target", wanted: "Lines") -> int:
    """Write the lines that are wanted; the exit code."""
    from seawall.engine import doors, errands
    from seawall.report.live import waiting

    names = meant.servers(wanted.app)
    errands.since(wanted.since or "today")
    with waiting(output, f"{', '.join(names)}: looking"):
        found = doors.on_each(names, lambda name: _errand(meant, name, wanted))
    ready = [one for one in found if not isinstance(one, SeawallError)]
    failed = [one for one in found if isinstance(one, SeawallError)]
    with _reading(ready) as queue:
        failed += _followed(output, names, queue) if wanted.follow else _whole(output, names, queue)
    return _said(output, failed, len(names))


def _errand(meant: "Target", name: str, wanted: "Lines") -> "Errand | SeawallError":
    from seawall.engine import errands

    try:
        return errands.logs(meant.config, name, wanted)
    except SeawallError as error:
        return error


@contextmanager
def _reading(ready: "list[Errand]") -> Iterator[Queue]:
    """Every server's lines in one queue, then how it ended, then None for the end of all."""
    queue: Queue = SimpleQueue()
    readers = [_Reader(errand) for errand in ready]
    threads = [Thread(target=one.read, args=(queue,), daemon=True) for one in readers]
    Thread(target=_end, args=(threads, queue), daemon=True).start()
    try:
        yield queue
    finally:
        for one in readers:
            one.process.terminate()


def _end(threads: list[Thread], queue: Queue) -> None:
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    queue.put(None)


class _Reader:
    """One server's journal, being read."""

    def __init__(self, errand: "Errand") -> None:
        self.server = errand.server
        self.errors = tempfile.TemporaryFile()  # noqa: SIM115  # read when the process has ended
        self.process = subprocess.Popen(
            errand.argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors
        )
        assert self.process.stdin
        self.process.stdin.write(errand.first)
        self.process.stdin.close()

    def read(self, queue: Queue) -> None:
        from seawall.report import journal

        assert self.process.stdout
        for raw in self.process.stdout:
            if line := journal.read(self.server, raw):
                queue.put(line)
        code = self.process.wait()
        self.errors.seek(0)
        words = self.errors.read().decode("utf-8", "replace").strip()
        if code and words:  # without a word, nothing matched
            last = words.splitlines()[-1]
            queue.put(SeawallError(f"{self.server}: the journal could not be read: {last}"))


def _whole(output: Output, names: list[str], queue: Queue) -> list[SeawallError]:
    """Everything, in the order of time; through the pager where somebody can turn pages."""
    from seawall.report.pager import paged

    items = list(iter(queue.get, None))
    lines = [item for item in items if not isinstance(item, SeawallError)]
    with paged(output, wanted=output.spoken) as screen:
        for line in sorted(lines, key=lambda line: line.at):
            _write(output, screen, line, names)
    if output.spoken and not lines and len(items) == len(lines):
        output.err.show(["No lines."])
    return [item for item in items if isinstance(item, SeawallError)]


def _followed(output: Output, names: list[str], queue: Queue) -> list[SeawallError]:
    failed = []
    for item in iter(queue.get, None):
        if isinstance(item, SeawallError):
            failed.append(item)
        else:
            _write(output, output.out, item, names)
    return failed


def _write(output: Output, screen: Screen, line: "Line", names: list[str]) -> None:
    from seawall.report import documents, journal

    if output.spoken:
        screen.show([journal.shown(line, names, screen)])
    else:
        documents.write_event(journal.document(line))


def _said(output: Output, failed: list[SeawallError], asked: int) -> int:
    from seawall.errors import Unreachable
    from seawall.report import failures

    for error in failed:
        failures.say(error, output)
    lost = [error for error in failed if isinstance(error, Unreachable)]
    return Unreachable.exit_code if failed and len(lost) == asked else int(bool(failed))
