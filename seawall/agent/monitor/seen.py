"""What others put down for the monitor: the look, which needs root, and whoever knows more.

A file holds `at` (epoch seconds), `values` ({metric: {subject: number}}) and `causes`
({metric/subject: [lines]}), and perhaps `within`: the seconds after which the next is overdue.
"""

from __future__ import annotations

import json
import os

FOLDER = "/var/lib/seawall-monitor/seen"
LARGEST = 1 << 20
WITHIN = 3600.0


class Seen:
    """The newest of every file, read again when it changed."""

    def __init__(self, folder: str = FOLDER) -> None:
        self.folder = folder
        self.values: "dict[str, dict[str, float]]" = {}
        self.causes: "dict[str, list[str]]" = {}
        self.trouble: "dict[str, str]" = {}
        self._stamps: "dict[str, tuple[int, int]]" = {}
        self._told: "dict[str, tuple[float, float]]" = {}

    def read(self, now: float) -> None:
        """Read what changed. A file that cannot be read is trouble; what it told before holds."""
        for name in _files(self.folder):
            stamp = _stamp(f"{self.folder}/{name}")
            if stamp and stamp != self._stamps.get(name):
                self._stamps[name] = stamp
                self._take(name)
        for name, (at, within) in self._told.items():
            if now - at > within:
                self.trouble[name[:-5]] = f"told nothing for {(now - at) / 60:.0f} minutes"
            elif self.trouble.get(name[:-5], "").startswith("told nothing"):
                del self.trouble[name[:-5]]

    def _take(self, name: str) -> None:
        try:
            with open(f"{self.folder}/{name}", "rb") as file:
                told = json.loads(file.read(LARGEST))
            values = {str(k): _numbers(v) for k, v in dict(told["values"]).items()}
            causes = {str(k): _lines(v) for k, v in dict(told.get("causes", {})).items()}
            at, within = float(told["at"]), float(told.get("within", WITHIN))
        except (OSError, ValueError, TypeError, LookupError, AttributeError) as error:
            self.trouble[name[:-5]] = f"{name} cannot be read: {error}"[:300]
            return
        self.trouble.pop(name[:-5], None)
        self.values.update(values)
        self.causes.update(causes)
        self._told[name] = (at, within)


def _numbers(told: object) -> "dict[str, float]":
    return {str(name): float(value) for name, value in dict(told).items()}  # type: ignore[call-overload]


def _lines(told: object) -> "list[str]":
    return [str(line) for line in list(told)[:40]]  # type: ignore[call-overload]


def _files(folder: str) -> "list[str]":
    try:
        return sorted(name for name in os.listdir(folder) if name.endswith(".json"))[:20]
    except OSError:
        return []


def _stamp(path: str) -> "tuple[int, int] | None":
    try:
        seen = os.stat(path)
    except OSError:
        return None
    return seen.st_mtime_ns, seen.st_ino
