"""A conversation with a Postgres server through its own client, one transaction long.

Answers are JSON, one value a line, so that nothing in the data can be taken for a separator.
"""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass, field
from typing import IO, Any, Dict, List, Sequence, Tuple, Union

from seawall.agent import system
from seawall.agent.backups.faults import said

END = "seawall-end-of-answer"
STEADY = (
    "SET TimeZone = 'UTC'",
    "SET DateStyle = 'ISO'",
    "SET IntervalStyle = 'iso_8601'",
    "SET bytea_output = 'hex'",
    "SET extra_float_digits = 1",
    "SET search_path = ''",
    "SET statement_timeout = 0",
    "SET lock_timeout = '60s'",
    "SET idle_in_transaction_session_timeout = 0",
    "SET row_security = off",
)
"""The same data has to read the same, whatever the server, the database or the role is set to."""


@dataclass(frozen=True)
class Server:
    """A Postgres server, and how its programs reach it.

    `account` is the system user to become, "" to stay who we are; `programs` is the folder of
    its own version's programs, "" for those on the PATH.
    """

    account: str = "postgres"
    arguments: Tuple[str, ...] = ()
    environment: Dict[str, str] = field(default_factory=dict)
    programs: str = ""

    def command(self, program: str, *words: str) -> List[str]:
        """A program of this server's, as the user that may use it."""
        path = f"{self.programs}/{program}" if self.programs else program
        become = ["setpriv", f"--reuid={self.account}", f"--regid={self.account}", "--init-groups"]
        return [*(become if self.account else []), path, *self.arguments, *words]

    def surroundings(self) -> Dict[str, str]:
        """The environment of such a program."""
        return {**system.ENVIRONMENT, "HOME": "/", **self.environment}

    def start(
        self, words: Sequence[str], errors: IO[bytes], stdin: int = subprocess.DEVNULL
    ) -> "subprocess.Popen[bytes]":
        """Start one of its programs, whose stdout is read."""
        return subprocess.Popen(
            self.command(*words),
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=errors,
            cwd="/",
            env=self.surroundings(),
        )

    def run(self, program: str, *words: str, stdin: str = "", seconds: float = 600) -> str:
        """Run a program that has to succeed; its stdout."""
        done = subprocess.run(
            self.command(program, *words),
            input=stdin.encode(),
            capture_output=True,
            timeout=seconds,
            cwd="/",
            env=self.surroundings(),
            check=False,
        )
        if done.returncode != 0:
            said = done.stderr.decode("utf-8", "replace").strip()
            raise system.StepError(f"{program} failed, exit code {done.returncode}", said[-2000:])
        return done.stdout.decode("utf-8", "replace")

    def into(self, program: str, words: Sequence[str], outlet: int) -> None:
        """Run a program that writes to a descriptor and has to succeed."""
        code, complaint = self._between(self.command(program, *words), subprocess.DEVNULL, outlet)
        if code != 0:
            raise system.StepError(f"{program} failed, exit code {code}", complaint)

    def from_stream(self, program: str, words: Sequence[str], source: IO[bytes]) -> Tuple[int, str]:
        """Run a program that reads a stream; its exit code and what it complained about."""
        return self._between(self.command(program, *words), source, subprocess.DEVNULL)

    def _between(
        self, argv: List[str], source: Union[int, IO[bytes]], outlet: int
    ) -> Tuple[int, str]:
        with said() as errors:
            done = subprocess.run(
                argv,
                stdin=source,
                stdout=outlet,
                stderr=errors,
                cwd="/",
                env=self.surroundings(),
                check=False,
            )
            return done.returncode, tail(errors)


def tail(file: IO[bytes], most: int = 4000) -> str:
    """The end of what was written to a file."""
    size = os.fstat(file.fileno()).st_size
    file.seek(max(0, size - most))
    return file.read().decode("utf-8", "replace").strip()


class Client:
    """A client of a server that stays connected; a context that ends it."""

    def __init__(self, server: Server, words: Sequence[str]) -> None:
        self._errors = said()
        self._process = server.start(words, self._errors, subprocess.PIPE)

    def __exit__(self, *error: object) -> None:
        assert self._process.stdin and self._process.stdout
        if error[0]:
            self._process.kill()
        try:
            self._process.stdin.close()
        except BrokenPipeError:
            pass  # it ended before: what was asked of it has failed already
        self._process.stdout.close()
        self._process.wait()
        self._errors.close()


class Session(Client):
    """One psql that stays connected."""

    def __init__(self, server: Server, database: str) -> None:
        super().__init__(server, ("psql", "-X", "-q", "-A", "-t", "-d", database))

    def __enter__(self) -> "Session":
        for setting in STEADY:
            self.ask(setting)
        return self

    def ask(self, question: str) -> List[Any]:
        """What a statement answers, a JSON value for each row; StepError when it fails."""
        assert self._process.stdin and self._process.stdout
        try:
            self._process.stdin.write(f"{question}\n;\\echo {END} :ERROR\n".encode())
            self._process.stdin.flush()
        except BrokenPipeError:
            raise self._refused("the database is gone") from None
        answer: List[Any] = []
        for line in self._process.stdout:
            word, _, error = line.decode("utf-8", "replace").strip().partition(" ")
            if word == END and error == "false":
                return answer
            if word == END:
                raise self._refused("the database refused a question")
            answer.append(json.loads(line))
        raise self._refused("the database is gone")

    def _refused(self, problem: str) -> system.StepError:
        return system.StepError(problem, tail(self._errors, 1500))
