"""Long answers a page at a time, on a terminal; everywhere else as they are."""

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from io import StringIO

from seawall.report.screen import Output, Screen, may_ask

KEYS = "-FIRX"
"""less: quit when it fits, ignore case, show colour, leave the text on the screen."""


@contextmanager
def paged(output: Output, *, wanted: bool) -> Iterator[Screen]:
    """A screen whose text goes through the pager where that makes sense."""
    screen = output.out
    pager = _pager() if wanted and sys.stdout.isatty() and may_ask() and not screen.plain else []
    if not pager:
        yield screen
        return
    text = StringIO()
    yield replace(screen, stream=text)
    with suppress(BrokenPipeError):
        subprocess.run(pager, input=text.getvalue().encode(), check=False)


def _pager() -> list[str]:
    chosen = shlex.split(os.environ.get("PAGER", "less"))
    if not chosen or not shutil.which(chosen[0]) or os.environ.get("TERM") == "dumb":
        return []
    return [*chosen, KEYS] if chosen == ["less"] else chosen
