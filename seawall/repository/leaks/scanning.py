"""From pieces of text to leaks: each candidate judged, described, and forgotten."""

import hashlib
import re
import subprocess
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from seawall.repository.leaks import cache, engine, git, history, plain
from seawall.repository.leaks.allow import reason
from seawall.repository.leaks.judge import Candidate, judge
from seawall.repository.leaks.leak import Leak, described, equality, mark, once
from seawall.repository.leaks.piece import Origin, Piece
from seawall.repository.leaks.rule import Rule
from seawall.repository.leaks.rules import BY_ID, RULES
from seawall.repository.leaks.special import WHAT, special
from seawall.repository.leaks.tokens import TOKENS
from seawall.repository.leaks.tree import Ground, Tree, ground

MOST = 20_000
"""Candidates looked at in one go: more is no code but somebody's data."""
ENGINES_OWN = {
    "generic-password": "password in the code",
    "generic-api-key": "key in the code",
    "generic-credential-uri": "password in a URL",
    "private-key": "private key",
}
Told = Callable[[str], None]
"""Takes a few words on what is being done."""


@dataclass
class Scan:
    """What was found, by whom, and what was not looked at. `broken` says where history ended."""

    leaks: list[Leak] = field(default_factory=list)
    engine: str = plain.NAME
    notes: list[str] = field(default_factory=list)
    broken: str = ""


def scan(folder: Path, *, past: bool = True, told: Told = lambda words: None) -> Scan:
    """Every leak in the tree around this folder and, unless not asked, in its history."""
    here = ground(folder)
    program = engine.found()
    result = Scan(engine=engine.NAME if program else plain.NAME)
    if here.blind:
        result.broken = here.blind
        return result
    kept = cache.memory(here.top, _version(result.engine))
    tree: list[Leak] = []
    if not here.bare:
        told("the files")
        tree = _tree(Tree(here.top, here.tracked), kept, result)
    if past and here.history:
        told("history")
        _past(here, kept, result)
    kept.keep()
    result.leaks = _joined(tree, kept.past if past and here.history else [])
    return result


def scan_staged(folder: Path) -> Scan:
    """Every leak that the next commit would bring."""
    here = ground(folder)
    result = Scan(engine=engine.NAME if engine.found() else plain.NAME, broken=here.blind)
    if here.tracked and not here.blind:
        found = [leak for _, leak in _tried(find(_first(history.staged(here.top))), result)]
        result.leaks = once([replace(leak, first=None) for leak in found])
    return result


def find(pieces: Iterable[Piece]) -> Iterator[tuple[Piece | Origin, Leak]]:
    """Leaks in pieces, as they are found."""
    if pieces == ():
        return
    extra: list[tuple[Origin, int, Candidate]] = []
    program = engine.found()
    passing = _watched(pieces, extra)
    found = engine.scan(program, passing) if program else plain.scan(passing)
    for count, (origin, line, seen) in enumerate(_chained(found, extra)):
        if count > MOST:
            raise engine.EngineFailed(f"more than {MOST:,} candidates")
        if leak := _leak(origin, line, seen):
            yield origin, leak


def _watched(
    pieces: Iterable[Piece], extra: list[tuple[Origin, int, Candidate]]
) -> Iterator[Piece]:
    for piece in pieces:
        extra.extend(special(piece))
        yield piece


def _chained(
    found: Iterable[tuple[Origin, int, Candidate]], extra: list[tuple[Origin, int, Candidate]]
) -> Iterator[tuple[Origin, int, Candidate]]:
    yield from found
    yield from extra


def _leak(origin: Origin, line: int, seen: Candidate) -> Leak | None:
    grade = judge(seen)
    if grade is None or reason(seen.after):
        return None
    own = BY_ID.get(seen.rule) or _known_shape(seen)
    what = own.what if own else WHAT.get(seen.rule) or ENGINES_OWN.get(seen.rule)
    value = _flat(seen.value) if seen.sort == "keyfile" else seen.value
    shown = described(seen.value, own.shown if own else 0)
    return Leak(
        own.id if own else seen.rule,
        what or seen.rule.partition(".")[0].replace("-", " "),
        origin.path,
        line,
        grade,
        mark(value, origin.path),
        equality(value, cache.key()),
        shown if seen.sort != "keyfile" else "",
        origin.first,
    )


def _known_shape(seen: Candidate) -> Rule | None:
    """What we call a token that the engine has its own name for."""
    if seen.sort != "token":
        return None
    return next((rule for rule in TOKENS if rule.regex.fullmatch(seen.value)), None)


def _flat(value: str) -> str:
    """The beginning of a key file however it is written: one key, found by two rules or twice."""
    return re.sub(r"\\+[nr]|[\s\"'+,]", "", value)[:80]


def _tree(tree: Tree, kept: cache.Memory, result: Scan) -> list[Leak]:
    fresh: dict[Origin, str] = {}
    leaks: dict[str, list[Leak]] = {}
    clean: set[str] = set()

    def unseen() -> Iterator[Piece]:
        for piece in tree:
            name = cache.name_of(piece)
            if name in kept.clean:
                clean.add(name)
            elif name in kept.found:
                leaks[name] = kept.found[name]
            else:
                fresh[piece.origin] = name
                yield piece

    for origin, leak in _tried(find(_first(unseen())), result):
        assert isinstance(origin, Origin)
        leaks.setdefault(fresh[origin], []).append(leak)
    result.notes += tree.notes
    kept.clean = clean | (set(fresh.values()) - leaks.keys() if not result.broken else set())
    kept.found = leaks
    return once([leak for each in leaks.values() for leak in each])


def _first(pieces: Iterator[Piece]) -> Iterable[Piece]:
    """The same pieces; none at all without starting anything when there are none."""
    for piece in pieces:
        return _again(piece, pieces)
    return ()


def _again(first: Piece, rest: Iterator[Piece]) -> Iterator[Piece]:
    yield first
    yield from rest


def _tried(
    found: Iterator[tuple[Piece | Origin, Leak]], result: Scan
) -> Iterator[tuple[Piece | Origin, Leak]]:
    try:
        yield from found
    except (git.Broken, engine.EngineFailed, OSError, subprocess.TimeoutExpired) as error:
        result.broken = str(error)


def _past(here: Ground, kept: cache.Memory, result: Scan) -> None:
    """Read what was committed since the last time, and remember it."""
    if here.shallow:
        result.notes.append("history before the cut of a shallow clone: git fetch --unshallow")
    tips = history.tips(here.top)
    if tips == kept.tips:
        return
    broken = result.broken
    result.broken = ""
    known = [tip for tip in kept.tips if git.ask(here.top, "cat-file", "-e", tip) is not None]
    found = [leak for _, leak in _tried(find(history.pieces(here.top, known)), result)]
    kept.past = _eldest([*found, *(kept.past if known else [])])
    kept.tips = tips if not result.broken else []
    result.broken = result.broken or broken


def _eldest(leaks: list[Leak]) -> list[Leak]:
    """Each value once, as it first came in; history is told newest first."""
    return list({leak.same: leak for leak in leaks}.values())


def _joined(tree: list[Leak], past: list[Leak]) -> list[Leak]:
    """The leaks of the tree with who brought them, then those that are only in history."""
    firsts = {leak.same: leak.first for leak in past}
    here = {leak.same for leak in tree}
    told = [replace(leak, first=firsts.get(leak.same)) for leak in tree]
    return told + once([replace(leak, gone=True) for leak in past if leak.same not in here])


def _version(engines: str) -> str:
    """Changes whenever something else could be found."""
    from seawall import __version__
    from seawall.repository.leaks import judge as judging

    digest = hashlib.sha256(f"{__version__} {engines} {RULES!r}".encode())
    digest.update(Path(judging.__file__).read_bytes())
    return digest.hexdigest()[:24]
