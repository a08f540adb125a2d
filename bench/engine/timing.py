"""Running contenders in turns: each round asks everybody once, so that noise hits all alike."""

import statistics
import subprocess
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path


class Wrong(Exception):
    """A contender did something else than what is measured."""


@dataclass(frozen=True)
class Ran:
    """How a command went; `seconds` from its start to its end."""

    code: int
    said: str
    seconds: float


def run(
    argv: Sequence[str],
    *,
    stdin: str = "",
    cwd: Path | None = None,
    env: dict[str, str] | None = None,
) -> Ran:
    """Run a command; its output goes to a file, which a kept ssh connection may hold open."""
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as given:
        given.write(stdin)
        given.seek(0)
        began = time.perf_counter()
        done = subprocess.run(
            list(argv), stdin=given, stdout=out, stderr=out, cwd=cwd, env=env, check=False
        )
        seconds = time.perf_counter() - began
        out.seek(0)
        return Ran(done.returncode, out.read(), seconds)


@dataclass
class Contender:
    """Somebody who does the work; `measure` returns seconds, `before` is not counted.

    `times` is how often it is measured in one round: quick ones more often than slow ones.
    """

    name: str
    measure: Callable[[], float]
    before: Callable[[], None] = lambda: None
    times: int = 1


@dataclass
class Times:
    """Seconds of every repetition, by contender."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def __getitem__(self, name: str) -> float:
        return statistics.median(self.seconds[name])

    def least(self, name: str) -> float:
        return min(self.seconds[name])

    def count(self, name: str) -> int:
        return len(self.seconds[name])


def in_turns(contenders: Sequence[Contender], rounds: int) -> Times:
    """Measure everybody `rounds` times its `times`, one after the other."""
    times = Times()
    most = max(contender.times for contender in contenders)
    for _ in range(rounds):
        for turn in range(most):
            for contender in contenders:
                if turn < contender.times:
                    contender.before()
                    times.seconds[contender.name].append(contender.measure())
    return times
