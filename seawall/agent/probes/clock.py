"""The clock: what time it is here, and who keeps it right."""

from __future__ import annotations

import ctypes
import time
from typing import Any, Dict, Optional

from seawall.agent.probes.reading import container, shown

UNSYNCHRONISED = 0x40
NANOSECONDS = 0x2000
"""STA_UNSYNC and STA_NANO of adjtimex(2)."""
KEEPERS = ("systemd-timesyncd", "chrony", "chronyd", "ntp", "ntpsec", "ntpd", "openntpd")


class Timex(ctypes.Structure):
    """The first fields of struct timex; the kernel fills in 208 bytes."""

    _fields_ = [
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("frequency", ctypes.c_long),
        ("most_error", ctypes.c_long),
        ("estimated_error", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_char * 256),
    ]


def clock() -> Dict[str, Any]:
    """The time now, whether the kernel counts it as synchronised, and the services that keep it."""
    units = [f"{name}.service" for name in KEEPERS]
    states = shown("Id,LoadState,ActiveState,UnitFileState", units)
    keepers = [s for s in states if s.get("LoadState") == "loaded"]
    return {
        "synchronised": _synchronised(),
        "container": container(),
        "keepers": {
            s.get("Id", ""): {"now": s.get("ActiveState", ""), "boot": s.get("UnitFileState", "")}
            for s in keepers
        },
        "now": time.time(),
    }


def _synchronised() -> bool:
    seen = told()
    return seen is not None and not seen.status & UNSYNCHRONISED


def told() -> Optional[Timex]:
    """What the kernel knows of its clock; None where it does not say."""
    seen = Timex()  # modes 0: only read
    code = ctypes.CDLL(None).adjtimex(ctypes.byref(seen))
    return seen if code >= 0 else None


def off() -> Optional[float]:
    """Milliseconds that the kernel still has to correct."""
    seen = told()
    if seen is None:
        return None
    return float(abs(seen.offset)) / (1e6 if seen.status & NANOSECONDS else 1e3)
