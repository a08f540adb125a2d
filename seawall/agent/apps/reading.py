"""What an app wrote, as `journalctl --output json` tells it: its own files, and the journal.

An app whose supervisor was changed has lines in both; they come as one stream.
"""

from __future__ import annotations

import datetime
import json
import os
import re
import shutil
import subprocess
import sys
import time
from typing import Any, Dict, Iterator, List, Tuple

from seawall.agent.apps import lines

Wanted = Dict[str, Any]
SECONDS = {"s": 1, "min": 60, "h": 3600, "d": 86400, "w": 604800}
PAUSE = 0.3
"""Seconds between two looks at the files."""


def show(name: str, told: str) -> int:
    """Write the lines that are wanted; `told` is a JSON document."""
    wanted: Wanted = json.loads(told)
    found = sorted([*_in_files(name, wanted), *_in_journal(wanted)])
    last = wanted.get("last")
    for _, line in found if last is None else found[-last:] if last else ():
        _say(line)
    if wanted.get("follow"):
        _follow(name, wanted)
    return 0


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _in_files(name: str, wanted: Wanted) -> Iterator[Tuple[float, str]]:
    begin, fits = _since(wanted["since"]), _pattern(wanted.get("grep") or "")
    for path in lines.files(name, _release(wanted)):
        for at, text in lines.written(path):
            if at >= begin and fits.search(text):
                yield at, _line(name, path, at, text)


def _release(wanted: Wanted) -> str:
    return str(wanted["release"]) if wanted.get("release") is not None else ""


def _pattern(grep: str) -> "re.Pattern[str]":
    """As journalctl reads it: all small letters mean any case."""
    try:
        return re.compile(grep, re.IGNORECASE if grep == grep.lower() else 0)
    except re.error as error:
        raise SystemExit(f"{grep}: {error}") from error


def _line(name: str, path: str, at: float, text: str) -> str:
    unit = f"app-{name}-{os.path.basename(path).split('.', 1)[0]}.service"
    told = {"__REALTIME_TIMESTAMP": str(int(at * 1e6)), "MESSAGE": text, "UNIT": unit}
    return json.dumps(told)


def _since(written: str) -> float:
    """A time as journalctl takes it, in seconds since 1970."""
    if ago := re.fullmatch(r"-(\d+)(s|min|h|d|w)", written):
        return time.time() - int(ago[1]) * SECONDS[ago[2]]
    day = datetime.datetime.now().replace(hour=0, minute=0, second=0, microsecond=0)
    if written in ("today", "yesterday"):
        return (day - datetime.timedelta(days=int(written == "yesterday"))).timestamp()
    return datetime.datetime.fromisoformat(written).timestamp()


def _journal(wanted: Wanted) -> List[str]:
    words: List[str] = wanted["words"]
    return words if shutil.which("journalctl") else []


def _in_journal(wanted: Wanted) -> Iterator[Tuple[float, str]]:
    if words := [word for word in _journal(wanted) if word != "--follow"]:
        done = subprocess.run(words, stdout=subprocess.PIPE, check=False)
        for line in done.stdout.decode("utf-8", "replace").splitlines():
            if at := re.search(r'"__REALTIME_TIMESTAMP" ?: ?"(\d+)"', line):
                yield int(at[1]) / 1e6, line


def _follow(name: str, wanted: Wanted) -> None:
    """Go on until nobody listens any more."""
    if words := _journal(wanted):
        subprocess.Popen([*words, "--lines=0"])
    fits = _pattern(wanted.get("grep") or "")
    places = {path: os.path.getsize(path) for path in lines.files(name, _release(wanted))}
    while os.getppid() > 1:
        for path in lines.files(name, _release(wanted)):
            for at, text in _new(path, places):
                if fits.search(text):
                    _say(_line(name, path, at, text))
        time.sleep(PAUSE)


def _new(path: str, places: Dict[str, int]) -> Iterator[Tuple[float, str]]:
    """The whole lines that were added to a file since the last look."""
    with open(path, "rb") as file:
        begun = places.get(path, 0)
        file.seek(begun if os.fstat(file.fileno()).st_size >= begun else 0)
        for raw in file:
            if raw.endswith(b"\n") and (line := lines.parsed(raw)):
                yield line
        places[path] = file.tell()
