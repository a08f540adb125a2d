"""What apps wrote, line by line: when, on which server, in which release, and the line itself."""

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from seawall.report.screen import Screen

COLOURS = ("36", "33", "35", "32", "34")
"""One for each server, in turn; of the user's own sixteen."""
_UNIT = re.compile(r"app-[a-z0-9-]+-(\d{1,9})-(\d{1,3})\.service")
_PAINT = re.compile(r"\x1b\[[0-9;]*[mK]")


@dataclass(frozen=True)
class Line:
    """One line of an app."""

    server: str
    at: float
    """Seconds since 1970."""
    text: str
    release: int | None = None
    slot: int | None = None


def read(server: str, raw: bytes) -> Line | None:
    """A line of `journalctl -o json`; None for what is none."""
    try:
        known = json.loads(raw)
        at = int(known["__REALTIME_TIMESTAMP"]) / 1e6
        datetime.fromtimestamp(at, UTC)
    except (ValueError, LookupError, TypeError, OverflowError, OSError):
        return None
    units = (known.get(key) for key in ("UNIT", "OBJECT_SYSTEMD_UNIT", "_SYSTEMD_UNIT"))
    unit = next(filter(None, units), None)
    found = _UNIT.fullmatch(unit) if isinstance(unit, str) else None
    release, slot = (int(found[1]), int(found[2])) if found else (None, None)
    return Line(server, at, _PAINT.sub("", _text(known.get("MESSAGE"))), release, slot)


def _text(message: Any) -> str:
    """journalctl tells text as text, and anything else as a list of bytes."""
    if isinstance(message, list):
        numbers = [each for each in message if isinstance(each, int) and 0 <= each < 256]
        return bytes(numbers).decode("utf-8", "replace")
    return message if isinstance(message, str) else "(a line too long to show)"


def shown(line: Line, servers: list[str], screen: Screen) -> str:
    """`14:02:11  web1 8.1  GET / 200`; the date only when it is another day."""
    when = datetime.fromtimestamp(line.at).astimezone()
    today = when.date() == datetime.now().astimezone().date()
    told = when.strftime("%H:%M:%S" if today else "%Y-%m-%d %H:%M:%S")
    release = f" {line.release}.{line.slot}" if line.release is not None else ""
    colour = COLOURS[servers.index(line.server) % len(COLOURS)]
    name = screen.paint(screen.text(f"{line.server}{release}"), colour)
    return f"{told}  {name}  {screen.text(line.text)}".rstrip()


def document(line: Line) -> dict[str, Any]:
    """The same for a program."""
    when = datetime.fromtimestamp(line.at, UTC).isoformat(timespec="milliseconds")
    told = {"server": line.server, "at": when, "release": line.release, "instance": line.slot}
    return {"type": "line", **told, "text": line.text}
