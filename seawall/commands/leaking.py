"""Looking for committed secrets on behalf of a verb, with what seawall.yml allows."""

import time
from pathlib import Path
from typing import TYPE_CHECKING

from seawall.report.screen import Output

if TYPE_CHECKING:
    from seawall.repository.leaks.allow import Known
    from seawall.repository.leaks.looked import Looked


def everything(output: Output) -> "tuple[Looked, float]":
    """The files and history, and how long that took."""
    return _timed(output, past=True)


def files(output: Output) -> "tuple[Looked, float]":
    """The files alone."""
    return _timed(output, past=False)


def staged(output: Output) -> "tuple[Looked, float]":
    """What the next commit adds."""
    from seawall.repository.leaks.looked import staged

    began = time.monotonic()
    return staged(Path.cwd(), _known()), time.monotonic() - began


def show(looked: "Looked", output: Output, seconds: float, every: bool) -> None:
    """Write what was found."""
    from seawall.report import leaks

    leaks.show(looked, output, seconds, every=every)


def note(looked: "Looked", here: Path, output: Output) -> None:
    """Write the baseline, and say how to go on."""
    from seawall.report import documents
    from seawall.repository.leaks.allow import BASELINE, baseline, write_baseline
    from seawall.repository.leaks.tree import ground

    file = ground(here).top / BASELINE
    number = write_baseline(file, looked.leaks, baseline(file))
    if output.spoken:
        output.out.show([f"{BASELINE}: {number} known. Commit it; only new ones are told now."])
        return
    documents.write({"format": documents.FORMAT, "wrote": BASELINE, "known": number})


def exit_code(looked: "Looked", fail_on: str) -> int:
    """1 when something of that grade is left, or the look ended early."""
    bad = ("must",) if fail_on == "must" else ("must", "should")
    return int(bool(looked.broken) or any(leak.grade in bad for leak in looked.leaks))


def _timed(output: Output, *, past: bool) -> "tuple[Looked, float]":
    from seawall.report.live import waiting
    from seawall.repository.leaks.looked import look

    began = time.monotonic()
    doing = "looking for secrets in the files and in history" if past else "looking for secrets"
    with waiting(output, doing):
        looked = look(Path.cwd(), _known(), past=past)
    return looked, time.monotonic() - began


def _known() -> "Known":
    from seawall.commands.servers import nearest
    from seawall.engine.committed import known

    return known(nearest())
