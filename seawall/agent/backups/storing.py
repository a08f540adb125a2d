"""One backup by restic: what it reads goes in whole, or not at all.

restic takes a stream that ends early for a whole one. So the writing end of its pipe stays open
until the dump has ended well; when it has not, restic is interrupted before it sees an end. SIGINT
leaves neither a snapshot nor a lock behind.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
from dataclasses import dataclass
from typing import Any, Callable, Dict, List

from seawall.agent import system
from seawall.agent.backups.faults import failed, last, said, text
from seawall.agent.backups.limits import OutOfTime

FAREWELL = 5
"""How long restic may take to clean up after itself."""


@dataclass(frozen=True)
class Stored:
    """A new snapshot, by the beginning of its id, and how much went into it."""

    snapshot: str
    bytes: int
    files: int


Fill = Callable[[int], None]
"""Writes content to a descriptor."""


class Backup:
    """restic at work on one backup, which is whole or is not there."""

    def __init__(self, argv: List[str], environment: Dict[str, str]) -> None:
        self._out, self._err = said(), said()
        quiet = {**environment, "RESTIC_PROGRESS_FPS": "0.1"}
        outlet, self.entrance = os.pipe()
        """Where the content is written to."""
        try:
            self._process = subprocess.Popen(
                argv, stdin=outlet, stdout=self._out, stderr=self._err, env=quiet
            )
        finally:
            os.close(outlet)

    def __enter__(self) -> "Backup":
        return self

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        try:
            if kind:
                self._interrupt(error)
        finally:
            os.close(self.entrance)
            self._wait()

    def _wait(self) -> None:
        try:
            self._process.wait()
        except BaseException as error:
            self._end(error)
            raise

    def _interrupt(self, error: BaseException) -> None:
        """Stop restic before it sees an end of its input; say so when it stopped by itself."""
        try:
            code = self._process.wait(timeout=0.5)
        except subprocess.TimeoutExpired:
            return self._end(error)
        if isinstance(error, Exception):
            raise failed(code, self._err) from error
        return None

    def _end(self, error: BaseException) -> None:
        """Stop restic; without mercy when its storage is gone, and it cannot take its lock away."""
        if isinstance(error, OutOfTime):
            error.said = error.said or last(text(self._err))  # it tries again for a long time
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(timeout=FAREWELL)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def stored(self) -> Stored:
        """What it made of it; StepError unless all of it was read and kept."""
        if self._process.returncode != 0:
            raise failed(self._process.returncode, self._err)
        self._out.seek(0)
        for line in reversed(self._out.read().splitlines()):
            told = json.loads(line)
            if told.get("message_type") == "summary":
                size, files = told["total_bytes_processed"], told["total_files_processed"]
                return Stored(told["snapshot_id"], int(size), int(files))
        raise system.StepError("restic did not say what it stored")
