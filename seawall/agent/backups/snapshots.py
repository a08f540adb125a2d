"""Snapshots: what a repository holds, as it tells."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Dict, List, Tuple


@dataclass(frozen=True)
class Snapshot:
    """What is stored, as the repository tells it."""

    id: str
    time: float
    tags: Dict[str, List[str]]
    paths: Tuple[str, ...]

    def tag(self, key: str) -> str:
        """The first value of a tag `key=value`, "" when it has none."""
        return next(iter(self.tags.get(key, ())), "")


def snapshot(told: Dict[str, Any]) -> Snapshot:
    tags: Dict[str, List[str]] = {}
    for tag in told.get("tags") or ():
        key, _, value = tag.partition("=")
        tags.setdefault(key, []).append(value)
    return Snapshot(told["id"], moment(told["time"]), tags, tuple(told.get("paths") or ()))


def moment(text: str) -> float:
    """The Unix time of an RFC 3339 time with nanoseconds, as Go writes it."""
    found = re.fullmatch(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)", text)
    if not found:
        raise ValueError(f"{text!r} is not a time")
    zone = found[3].replace("Z", "+00:00")
    whole = datetime.fromisoformat(f"{found[1]}{zone}").timestamp()
    return whole + float(found[2] or 0)
