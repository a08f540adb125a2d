"""That something still runs: one line drawn over on a terminal, a line a minute elsewhere."""

import termios
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from types import TracebackType
from typing import TextIO

from seawall.report.screen import Output, Screen
from seawall.report.words import cells

CLEAR = "\r\x1b[2K"


class Live:
    """Says what runs, from its first moment, on the talking stream."""

    def __init__(
        self, screen: Screen, tell: Callable[[], str], *, beat: float = 1.0, minute: float = 60.0
    ) -> None:
        self._screen, self._tell = screen, tell
        self._pause = beat if screen.live else minute
        self._drawing = threading.RLock()
        self._over = threading.Event()
        self._clock = threading.Thread(target=self._tick, daemon=True)

    def __enter__(self) -> "Live":
        self._draw()
        self._clock.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        self.above(lambda: None)

    def above(self, write: Callable[[], None]) -> None:
        """Write finished lines; the live one moves below them."""
        with self._drawing:
            self._clear()
            write()
            if not self._over.is_set():
                self._draw()

    def _tick(self) -> None:
        while not self._over.wait(self._pause):
            with self._drawing:
                if self._screen.live:
                    self._draw()
                elif told := self._tell():
                    self._screen.show([self._screen.text(f"still {told}")])

    def _draw(self) -> None:
        if not self._screen.live or _secret_typed(self._screen.stream):
            return
        doing = self._tell()
        told = self._screen.text(f"  … {doing}") if doing else ""
        while cells(told) >= self._screen.width:
            told = told[:-1]
        self._screen.stream.write(CLEAR + told)
        self._screen.stream.flush()

    def _clear(self) -> None:
        if self._screen.live and not _secret_typed(self._screen.stream):
            self._screen.stream.write(CLEAR)
            self._screen.stream.flush()


def _secret_typed(stream: TextIO) -> bool:
    """True while somebody is asked for a password on this terminal: its echo is off."""
    try:
        return not termios.tcgetattr(stream.fileno())[3] & termios.ECHO
    except (termios.error, OSError, ValueError):
        return False


def waiting(output: Output, doing: str) -> AbstractContextManager[object]:
    """While servers are looked at: who, and for how long already."""
    began = time.monotonic()
    if not output.spoken:
        return nullcontext()
    return Live(output.err, lambda: f"{doing}, {time.monotonic() - began:.0f} s")
