"""betterleaks, where it is installed: its 460 kinds and ours, in one pass, fed through a pipe.

It reads nothing by itself: we choose what goes in, so it never sees .git, a link or another's file,
nothing is written to disk, and it never asks a provider whether a key works.
"""

import importlib.util
import json
import os
import re
import subprocess
import threading
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any

from seawall.repository.leaks.judge import Candidate
from seawall.repository.leaks.piece import Origin, Piece
from seawall.repository.leaks.rule import Sort
from seawall.repository.leaks.rules import BY_ID, RULES

NAME = "betterleaks 2.0.0"
OWN = "seawall."
APART = b"\n\n\n"
AFTER = 120
"""Seconds that it may go on after its input has ended."""
_FLAGS = (
    *("stdin", "--jsonl", "--output=-", "--silent", "--no-banner", "--log-level=error"),
    *("--exit-code=0", "--max-decode-depth=0", "--no-allow-signatures"),
    "--match-context=-100C,+200C",
)
_SORTS: dict[str, Sort] = {
    "generic-password": "password",
    "generic-credential-uri": "url",
    "curl-auth-user": "password",
    "private-key": "keyfile",
}
"""Of its kinds, those that have no shape of their own or are more than a line."""


_IN_URL = re.compile(r"://[^\s:/@]*:([^\s@/]+)@")


class EngineFailed(Exception):
    """It ended before it had read everything; its last words."""


def found() -> Path | None:
    """The program, when its package is installed beside us; never one from PATH."""
    spec = importlib.util.find_spec("betterleaks")
    for folder in (spec and spec.submodule_search_locations) or ():
        program = Path(folder, "bin", "betterleaks")
        if os.access(program, os.X_OK):
            return program
    return None


def rules() -> str:
    """Our table in its language, on top of its own."""
    return "[extend]\nuseDefault = true\n" + "".join(
        f"[[rules]]\nid = '{OWN}{rule.id}'\nconfidence = 'low'\n"
        f"description = {json.dumps(rule.what)}\n"
        f"regex = '''{rule.pattern}'''\nkeywords = {json.dumps(rule.words)}\n"
        for rule in RULES
    )


def scan(program: Path, pieces: Iterable[Piece]) -> Iterator[tuple[Origin, int, Candidate]]:
    """Every candidate with the file and line it is at. Errors of `pieces` are raised at the end."""
    env = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    running = subprocess.Popen(
        [str(program), *_FLAGS],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=env | {"BETTERLEAKS_CONFIG_TOML": rules()},
    )
    assert running.stdin and running.stdout
    feed = _Feed(pieces, running.stdin)
    feed.start()
    try:
        yield from _read(running.stdout, feed)
        feed.join(AFTER)
    finally:
        running.kill()
        feed.join(AFTER)
        running.stdout.close()
        running.wait()
    if feed.error:
        raise feed.error


class _Feed(threading.Thread):
    """Writes pieces into the engine, and remembers which line of the stream was which."""

    def __init__(self, pieces: Iterable[Piece], into: IO[bytes]) -> None:
        super().__init__(daemon=True)
        self.pieces, self.into = pieces, into
        self.starts, self.lines = array("Q"), array("Q")
        self.origins: list[Origin] = []
        self.error: Exception | None = None

    def run(self) -> None:
        try:
            self._write()
        except BrokenPipeError:
            pass  # the reader says why
        except Exception as error:
            self.error = error
        finally:
            try:
                self.into.close()
            except OSError:
                self.error = self.error or EngineFailed("it stopped reading")

    def _write(self) -> None:
        at = 1
        for piece in self.pieces:
            self.origins.append(piece.origin)
            self.lines.append(piece.line)
            self.starts.append(at)
            self.into.write(piece.text)
            self.into.write(APART)
            at += piece.text.count(b"\n") + len(APART)

    def whose(self, line: int) -> tuple[Origin, int]:
        """The file and its line that this line of the stream was."""
        index = bisect_right(self.starts, line) - 1
        return self.origins[index], self.lines[index] + line - self.starts[index]


def _read(output: IO[bytes], feed: _Feed) -> Iterator[tuple[Origin, int, Candidate]]:
    complete = False
    for line in output:
        try:
            told = json.loads(line)
        except ValueError as error:
            raise EngineFailed(f"{NAME} said something else than findings") from error
        complete = complete or told.get("scan", {}).get("state") == "complete"
        finding = told.get("finding")
        if finding and "location" in finding:
            full, value = finding["match"]["full"], finding["match"]["value"]
            skipped = full.partition(value)[0].count("\n")  # a match may begin on the line before
            origin, number = feed.whose(finding["location"]["start_line"] + skipped)
            yield origin, number, _candidate(finding, origin.path)
    if not complete and not feed.error:
        raise EngineFailed(f"{NAME} ended before it had read everything")


def _candidate(finding: dict[str, Any], path: str) -> Candidate:
    match, rule = finding["match"], finding["rule_id"]
    column, sure = finding["location"]["start_column"], finding["confidence"] == "high"
    own = BY_ID.get(rule.removeprefix(OWN)) if rule.startswith(OWN) else None
    sort = own.sort if own else _SORTS.get(rule, "token" if sure else "key")
    value, full = match["value"], match["full"]
    context = match.get("context") or full
    start = max(context.find(full), 0)
    start += max(full.find(value) if sort in ("url", "keyfile") else full.rfind(value), 0)
    if sort == "token" and (inside := _IN_URL.search(value)):
        sort, start, value = "url", start + inside.start(1), inside[1]
    before = context[:start].rpartition("\n")[2][-100:]
    after = context[start + len(value) :].partition("\n")[0]
    return Candidate(own.id if own else rule, sort, value, path, before, after, column, sure)
