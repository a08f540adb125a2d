"""What is found out while a dump runs; a dump whose measuring failed has failed."""

from __future__ import annotations

import threading
from typing import Any, Callable, Optional


class Meanwhile:
    """Something that is found out while something else is done; both have to succeed."""

    def __init__(self, question: Callable[[], Any]) -> None:
        self._question = question
        self._thread = threading.Thread(target=self._ask, daemon=True)
        self._error: Optional[Exception] = None
        self.answer: Any = None

    def _ask(self) -> None:
        try:
            self.answer = self._question()
        except Exception as error:  # raised again where it is waited for
            self._error = error

    def __enter__(self) -> "Meanwhile":
        self._thread.start()
        return self

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        if kind is None or issubclass(kind, Exception):
            self._thread.join()
        if self._error:
            raise self._error  # the cause, too, of a dump whose snapshot went away
