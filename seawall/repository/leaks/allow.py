"""What is known to be harmless, with the reason, and what an old project has not put right yet.

On the line itself: `seawall: harmless, REASON` in a comment. In seawall.yml, section `leaks`: by
file or fingerprint, with a reason. In a baseline file: fingerprints of what was there on a day.
"""

import fnmatch
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from seawall.errors import ConfigError
from seawall.repository.leaks.leak import Leak

BASELINE = ".seawall-leaks.json"
FORMAT = 1
_INLINE = re.compile(r"(?i)\bseawall:[ \t]*harmless\b[ \t,:;(-]*(\S.{2,})?")


@dataclass(frozen=True)
class Allowed:
    """One line of the allow-list: leaks in these files, or the one with this fingerprint."""

    reason: str
    file: str = ""
    fingerprint: str = ""

    def covers(self, leak: Leak) -> bool:
        """True when both what is named of the two fit."""
        by_file = not self.file or fnmatch.fnmatchcase(leak.path, self.file)
        return by_file and (not self.fingerprint or self.fingerprint == leak.id)


@dataclass(frozen=True)
class Known:
    """Everything that is allowed, and the fingerprints of the baseline."""

    allowed: tuple[Allowed, ...] = ()
    baseline: frozenset[str] = field(default_factory=frozenset)

    def sorted(self, leaks: Iterable[Leak]) -> tuple[list[Leak], int, int]:
        """What is left, how many are allowed, how many were there before. A value that is allowed
        in the tree is allowed in history too."""
        leaks = list(leaks)
        allowed = {leak.same for leak in leaks if any(each.covers(leak) for each in self.allowed)}
        before = {leak.same for leak in leaks if leak.id in self.baseline} - allowed
        left = [leak for leak in leaks if leak.same not in allowed | before]
        return left, len(allowed), len(before)


def reason(after: str) -> str | None:
    """The reason that stands on the line; empty when it is missing, None without the mark."""
    found = _INLINE.search(after)
    return (found[1] or "").strip(" */->#") if found else None


def baseline(file: Path) -> frozenset[str]:
    """The fingerprints in a baseline; none without the file, ConfigError when it is spoiled."""
    try:
        told = json.loads(file.read_text())
        return frozenset(str(each["fingerprint"]) for each in told["leaks"])
    except FileNotFoundError:
        return frozenset()
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigError(
            f"{file.name}: no baseline of seawall's: {type(error).__name__}",
            "write it anew: seawall leaks --baseline",
        ) from error


def _row(leak: Leak) -> dict[str, str]:
    return {"fingerprint": leak.id, "what": leak.what, "at": leak.place}


def write_baseline(file: Path, leaks: Iterable[Leak], before: frozenset[str]) -> int:
    """Note these leaks as known, beside those noted before; how many there are then."""
    noted = {leak.id: _row(leak) for leak in leaks}
    for fingerprint in before - noted.keys():
        noted[fingerprint] = {"fingerprint": fingerprint}
    rows = sorted(noted.values(), key=lambda row: (row.get("at", ""), row["fingerprint"]))
    file.write_text(json.dumps({"format": FORMAT, "leaks": rows}, indent=1) + "\n")
    return len(rows)
