"""What is measured of each kind of app, and how it is told."""

import json
import statistics
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bare import Bare
from kinds import CONTAINER, CONTAINER_PAIR, PAIR, PROCESS, Kind, Place
from proxy import compared
from visited import under_load


@dataclass(frozen=True)
class Wanted:
    """How much of it."""

    work: Path
    deploys: int
    """Under load, of each kind."""
    repeats: int
    """Of whatever is timed without load."""
    only: str | None


def run(wanted: Wanted) -> int:
    """Measure every kind, or one; 1 when a request failed."""
    figures: dict[str, Any] = {}
    for kind in (PROCESS, CONTAINER, PAIR, CONTAINER_PAIR):
        if wanted.only in (None, kind.name):
            prefix = "" if kind is PROCESS else f"{kind.name.replace('-', '_')}_"
            measured = measure(wanted, kind)
            figures |= {f"{prefix}{name}": value for name, value in measured.items()}
    figures["load_average"] = load()
    say(json.dumps(figures))
    return int(any(count for name, count in figures.items() if name.endswith("failed_requests")))


def measure(wanted: Wanted, kind: Kind) -> dict[str, Any]:
    """Everything about one kind of app, on servers of its own."""
    place = Place.made(wanted.work, kind)
    say(f"{kind.name}: load {load():.1f}")
    figures = {}
    if kind.servers == 1:
        figures = seconds(place, wanted.repeats) | crashes(place, wanted.repeats)
    if kind is PROCESS:
        figures |= compared(place, say)
    figures |= under_load(place, wanted.deploys, say)
    figures |= place.disk()
    return {"deploys": wanted.deploys, **figures}


def seconds(place: Place, repeats: int) -> dict[str, float]:
    """A one-line change, from the command to the first answer; and the least; in turns."""
    bare = Bare(place)
    ours, whole, least = [], [], []
    for _ in range(repeats):
        served, returned = place.release()
        ours.append(served)
        whole.append(returned)
        least.append(bare.release())
    say(f"serving after {shown(ours)} s, told after {shown(whole)} s; bare: {shown(least)} s")
    deploy, limit = statistics.median(ours), statistics.median(least)
    return {
        "deploy_s": round(deploy, 2),
        "limit_s": round(limit, 2),
        "deploy_vs_limit": round(deploy / limit, 2),
        "returned_s": round(statistics.median(whole), 2),
    }


def crashes(place: Place, repeats: int) -> dict[str, float]:
    """Killed the hard way, until it serves again."""
    took = [place.killed() for _ in range(repeats)]
    say(f"killed, serving again after {[round(each) for each in took]} ms")
    return {"crash_to_serving_ms_median": round(statistics.median(took))}


def shown(times: list[float]) -> list[float]:
    return [round(each, 2) for each in times]


def load() -> float:
    return float(Path("/proc/loadavg").read_text().split()[0])


def say(text: str) -> None:
    print(text, flush=True)


Say = Callable[[str], None]
