"""A whole look for committed secrets: what was found, less what is known, and who may have it."""

from dataclasses import dataclass
from pathlib import Path

from seawall.repository.leaks import remote
from seawall.repository.leaks.allow import BASELINE, Known, baseline
from seawall.repository.leaks.leak import Leak
from seawall.repository.leaks.scanning import Scan, Told, scan, scan_staged
from seawall.repository.leaks.tree import ground


@dataclass(frozen=True)
class Looked:
    """`leaks` are what is left of those found; `allowed` and `before` count the others. `notes`
    are what was not looked at, `broken` why the look ended early, `public` a remote that
    strangers can read by all appearances."""

    leaks: tuple[Leak, ...]
    engine: str
    allowed: int = 0
    before: int = 0
    notes: tuple[str, ...] = ()
    broken: str = ""
    public: str = ""


def look(
    folder: Path,
    known: Known | None = None,
    *,
    past: bool = True,
    told: Told = lambda words: None,
) -> Looked:
    """Look at the repository around this folder; ConfigError when its baseline is spoiled."""
    top = ground(folder).top
    known = known or Known()
    noted = Known(known.allowed, known.baseline | baseline(top / BASELINE))
    return _less(scan(folder, past=past, told=told), noted, top)


def staged(folder: Path, known: Known) -> Looked:
    """Look at what the next commit adds, in the same way."""
    top = ground(folder).top
    noted = Known(known.allowed, known.baseline | baseline(top / BASELINE))
    return _less(scan_staged(folder), noted, top)


def _less(found: Scan, noted: Known, top: Path) -> Looked:
    left, allowed, before = noted.sorted(found.leaks)
    remotes = remote.pushed_to(top) if left else []
    public = remote.public(top, remotes)
    notes = tuple(found.notes)
    return Looked(tuple(left), found.engine, allowed, before, notes, found.broken, public)
