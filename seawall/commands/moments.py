"""Moments as people say them: 3h, 02:10, yesterday 14:00, last tuesday 02:10, 2026-11-24 02:10.

All in the time of the machine that they are typed on.
"""

import re
from datetime import datetime, timedelta

from seawall.errors import ConfigError

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
HINT = "such as 3h, 02:10, yesterday 14:00, last tuesday 02:10 or 2026-11-24 02:10"


def moment(option: str, written: str, now: datetime) -> float:
    """The seconds of the epoch that were meant; ConfigError when none are. Always in the past."""
    words = " ".join(written.lower().split())
    if ago := re.fullmatch(r"(\d{1,6})([smhdw])( ago)?", words):
        return (now - timedelta(seconds=int(ago[1]) * UNITS[ago[2]])).timestamp()
    found = _named(words, now) or _date(written)
    if found is None:
        raise ConfigError(f"{option}: should be a time, got {written!r}", HINT)
    if found.timestamp() > now.timestamp():
        raise ConfigError(f"{option}: {written} is still to come", HINT)
    return found.timestamp()


def _named(words: str, now: datetime) -> datetime | None:
    """A time of day, today, yesterday, or on a day of the week that was."""
    told = re.fullmatch(r"(?:(last )?([a-z]+) ?)?(?:at )?(\d{1,2}:\d\d)?", words)
    clock = _clock(told[3]) if told else None
    if told is None or clock is None or not words:
        return None
    today = now.replace(hour=clock[0], minute=clock[1], second=0, microsecond=0)
    back = 0 if told[2] in (None, "today", "at") else _back(told[2], now)
    if back is None:
        return None
    if back == 0 and (told[1] or today > now):
        back = 1 if told[2] in (None, "at") else 7 if told[2] != "today" else 0
    return today - timedelta(days=back)


def _back(day: str, now: datetime) -> int | None:
    if day == "yesterday":
        return 1
    known = [number for number, name in enumerate(DAYS) if day in (name, name[:3])]
    return (now.weekday() - known[0]) % 7 if known else None


def _clock(written: str | None) -> tuple[int, int] | None:
    hours, minutes = (int(part) for part in (written or "0:00").split(":"))
    return (hours, minutes) if hours < 24 and minutes < 60 else None


def _date(written: str) -> datetime | None:
    try:
        return datetime.fromisoformat(written.strip()).astimezone()
    except ValueError:
        return None
