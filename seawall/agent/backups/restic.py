"""A restic repository: streams go in whole or not at all, and what it says is told apart.

restic 0.14, which Debian 12 has, takes a stream that ends early for a whole one, and answers a
wrong passphrase, a missing repository and a lock with the same exit code. How the first is kept
from happening stands in storing.py.
"""

from __future__ import annotations

import json
import re
import subprocess
import time
from contextlib import contextmanager
from typing import IO, Iterator, List, Sequence

from seawall.agent import system
from seawall.agent.backups.declared import CACHE, PRIVATE, STATE, Declared, Destination
from seawall.agent.backups.faults import ABSENT, LOCKED, NO_BUCKET, failed, fault, last, said, text
from seawall.agent.backups.limits import OutOfTime
from seawall.agent.backups.snapshots import Snapshot, snapshot
from seawall.agent.backups.storing import Backup, Fill, Stored

__all__ = ["Fill", "Repository", "Stored"]
LOCK_SECONDS = 600
"""How long to wait for somebody who prunes or checks."""
SLOW_SECONDS = 120
"""How long a question to the repository may take."""


class Repository:
    """One destination of this server's backups."""

    def __init__(self, declared: Declared, destination: Destination) -> None:
        self.destination = destination
        self.host = declared.server
        self.seen: "List[Snapshot] | None" = None
        """What it listed last; None before it was asked. A question costs it most of a second."""
        self._known = f"{STATE}/repository-{destination.name}.json"
        self._environment = {
            **system.ENVIRONMENT,
            "RESTIC_CACHE_DIR": CACHE,
            **destination.environment,
            "RESTIC_REPOSITORY": destination.repository,
            "RESTIC_PASSWORD": declared.passphrase,
        }

    def open(self) -> None:
        """Make sure that it is there and ours; the very first time it is made.

        StepError when it vanished, is another one than last time, or does not let us in.
        """
        known = self._known_id()
        try:
            seen = self._id()
        except system.StepError as error:
            if error.problem not in (ABSENT, NO_BUCKET) or known:
                raise self._lost(error, known) from error
            seen = self._made()
        if known and not seen.startswith(known):
            told = f"{self.destination.name}: this is another repository than the one we filled"
            raise system.StepError(told, f"ours is {known[:10]}, there is {seen[:10]}")
        if not known:
            system.private_folder(STATE)
            system.write(self._known, json.dumps({"id": seen}).encode(), PRIVATE)

    @property
    def is_known(self) -> bool:
        """True when this server filled it before, so that a backup itself tells whether it is
        there."""
        return bool(self._known_id())

    def _made(self) -> str:
        """The id of a new repository, or the beginning of it, which is what restic says."""
        said = re.search(r"created restic repository ([0-9a-f]{8,})", self.ask(["init"]))
        return said[1] if said else self._id()

    def _lost(self, error: system.StepError, known: str) -> system.StepError:
        gone = error.problem in (ABSENT, NO_BUCKET) and known
        told = "the repository is gone: it was there before" if gone else error.problem
        return system.StepError(f"{self.destination.name}: {told}", error.output)

    def _known_id(self) -> str:
        try:
            return str(json.loads(system.read(self._known) or b"{}").get("id", ""))
        except ValueError:
            return ""

    def _id(self) -> str:
        return str(json.loads(self.ask(["cat", "config"]))["id"])

    def ask(
        self, words: Sequence[str], seconds: float = SLOW_SECONDS, patience: float = LOCK_SECONDS
    ) -> str:
        """Run restic; its stdout, or StepError. Waits for a lock, and frees one that is stale."""
        deadline = time.monotonic() + patience
        while True:
            result = self._run(words, seconds)
            problem = "" if result.code == 0 else fault(result)
            if problem != LOCKED or time.monotonic() > deadline:
                break
            self._run(["unlock"], seconds)  # only locks whose holder is dead
            time.sleep(1)
        if problem:
            raise system.StepError(problem, last(result.errors or result.output))
        return result.output

    def _run(self, words: Sequence[str], seconds: float) -> system.Result:
        with said() as errors:
            try:
                done = subprocess.run(
                    [*self._start(), *words],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=errors,
                    timeout=seconds,
                    env=self._environment,
                    check=False,
                )
            except FileNotFoundError:
                return system.Result(127, "", "restic is not installed")
            except subprocess.TimeoutExpired:
                late = f"restic: no answer after {seconds:g} s: i/o timeout"
                return system.Result(124, "", f"{text(errors)}\n{late}")
            except OutOfTime as late:
                late.said = last(text(errors))
                raise
            out = done.stdout.decode("utf-8", "replace")
            return system.Result(done.returncode, out, text(errors))

    def _start(self) -> List[str]:
        options = [word for option in self.destination.options for word in ("-o", option)]
        limit = [f"--limit-upload={self.destination.limit}"] if self.destination.limit else []
        return ["restic", *options, *limit]

    def snapshots(self, seconds: float = SLOW_SECONDS) -> List[Snapshot]:
        """What is stored under this server's name, oldest first. Leaves no lock: looking must
        work while somebody prunes, and with a key that may only read."""
        words = ["snapshots", "--no-lock", "--json", f"--host={self.host}"]
        told = json.loads(self.ask(words, seconds)) or []
        self.seen = sorted(map(snapshot, told), key=lambda each: each.time)
        return self.seen

    def stored(self, seconds: float = SLOW_SECONDS) -> List[Snapshot]:
        """The same, and nothing where no backup was ever made: a repository that was there once
        and is gone is an error."""
        try:
            return self.snapshots(seconds)
        except system.StepError as error:
            if error.problem in (ABSENT, NO_BUCKET) and not self._known_id():
                return []
            raise self._lost(error, self._known_id()) from error

    def store(self, name: str, tags: List[str], fill: Fill) -> Stored:
        """Keep what `fill` writes to the descriptor it is given, as one file.

        When `fill` raises, nothing is kept, and what it raised goes on, unless restic gave up
        first: then that is what is said.
        """
        words = ["backup", "--json", "--stdin", f"--stdin-filename={name}", *self._marks(tags)]
        return self._stored(words, fill)

    def store_folders(
        self, paths: Sequence[str], tags: List[str], without: Sequence[str] = ()
    ) -> Stored:
        """Keep folders as they are now, but for these files."""
        left_out = [f"--exclude={path}" for path in without]
        words = ["backup", "--json", *self._marks(tags), *left_out, "--", *paths]
        return self._stored(words, lambda entrance: None)

    def _stored(self, words: Sequence[str], fill: Fill) -> Stored:
        try:
            with Backup([*self._start(), *words], self._environment) as backup:
                fill(backup.entrance)
            return backup.stored()
        except system.StepError as error:
            if error.problem in (ABSENT, NO_BUCKET):
                raise self._lost(error, self._known_id()) from error
            raise

    def _marks(self, tags: List[str]) -> List[str]:
        return [f"--host={self.host}", *(f"--tag={tag}" for tag in tags)]

    @contextmanager
    def read(self, words: Sequence[str]) -> Iterator[IO[bytes]]:
        """What restic writes, as a stream; StepError at its end when restic failed."""
        with said() as errors:
            process = subprocess.Popen(
                [*self._start(), *words],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                env=self._environment,
            )
            assert process.stdout is not None
            try:
                yield process.stdout
            except BaseException as error:
                process.kill()
                if isinstance(error, OutOfTime):
                    error.said = last(text(errors))  # it tries again for a long time
                raise
            finally:
                process.stdout.close()
                code = process.wait()
            if code != 0:
                raise failed(code, errors)
