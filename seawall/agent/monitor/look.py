"""The part that needs root: short, every quarter of an hour and after every backup, then gone.

It asks what only root may ask, and puts numbers down for the monitor, which has no rights. What
cannot be asked is left out, and said on the unit's own log.
"""

from __future__ import annotations

import json
import os
import sys
import time
from typing import Any, Callable, Dict, List, Tuple

from seawall.agent import applied, system
from seawall.agent.monitor import look_backups, look_databases
from seawall.agent.monitor.seen import FOLDER

MEMORY = f"{system.STATE}/look.json"
"""What it must remember: since when updates wait, what was asked long ago."""
SELDOM = 6 * 3600.0
"""Seconds between two looks at what costs much and changes slowly."""
WITHIN = 3600.0
DAY = 86400.0

Values = Dict[str, Dict[str, float]]
Causes = Dict[str, List[str]]
Told = Tuple[Values, Causes]


def main() -> int:
    """Look once; the file is written whatever could not be seen."""
    if not os.path.isdir(FOLDER):
        return 0
    memory, now = _memory(), time.time()
    values: Values = {}
    causes: Causes = {}
    for look in LOOKS:
        try:
            mine, why = look(memory, now)
        except (OSError, ValueError, LookupError, TypeError, system.StepError) as error:
            sys.stderr.write(f"{look.__name__[1:]}: {type(error).__name__}: {error}\n")
            continue
        values.update(mine)
        causes.update(why)
    _put(MEMORY, memory, 0)
    told = {"at": now, "within": WITHIN, "values": values, "causes": causes}
    _put(f"{FOLDER}/look.json", told, os.stat(FOLDER).st_uid)
    return 0


def _memory() -> Dict[str, Any]:
    try:
        return dict(json.loads(system.read(MEMORY) or b"{}"))
    except (ValueError, TypeError):
        return {}


def _put(path: str, told: Dict[str, Any], owner: int) -> None:
    """What belongs to the monitor is made in its own folder; a link there is replaced, not
    followed."""
    system.write(path, json.dumps(told).encode(), system.Ownership(0o600, owner, 0))


def _backups(memory: Dict[str, Any], now: float) -> Told:
    return look_backups.look(memory, now)


def _databases(memory: Dict[str, Any], now: float) -> Told:
    return look_databases.look()


def _certificates(memory: Dict[str, Any], now: float) -> Told:
    """Days that are left of each certificate as it is served here; of one that lives shorter than
    ninety days, as if it lived so long."""
    from seawall.agent.apps import proxied

    found = {}
    for domain in proxied.hosts()[:50]:
        begins, ends = _served(domain)
        if ends > begins:
            found[domain] = (ends - now) / DAY * max(1.0, 90 * DAY / (ends - begins))
    return {"certificate.days": found}, {}


def _served(domain: str) -> Tuple[float, float]:
    """From when until when the certificate that this server shows is valid; nothing at all where
    none is shown: that is another check's business."""
    import socket
    import ssl

    from seawall.agent.probes.certificates import validity

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        plain = socket.create_connection(("127.0.0.1", 443), 3)
        with plain, context.wrap_socket(plain, server_hostname=domain) as served:
            shown = served.getpeercert(True)
    except OSError:
        return 0.0, 0.0
    return validity(shown) if shown else (0.0, 0.0)


def _clock(memory: Dict[str, Any], now: float) -> Told:
    from seawall.agent.probes import clock

    seen = clock.clock()
    if seen["container"]:
        return {}, {}
    wrong = 0.0 if seen["synchronised"] else 1.0
    off = clock.off()
    offset = {} if off is None else {"clock.offset": {"": off}}
    return {"clock.unsynchronised": {"": wrong}, **offset}, {}


def _drift(memory: Dict[str, Any], now: float) -> Told:
    changed = applied.changed()
    return {"drift.files": {"": float(len(changed))}}, {"drift.files/": changed[:20]}


def _updates(memory: Dict[str, Any], now: float) -> Told:
    """Since when security updates wait, and a reboot. Asked seldom: it reads long lists."""
    if now - float(memory.get("updates_at", 0)) > SELDOM or memory.get("rebooted") != _boot():
        from seawall.agent.probes import updates

        seen = updates.updates()
        waiting = [each for each in seen["waiting"] if not each["held"]]
        memory["waiting"] = (memory.get("waiting") or now) if waiting else None
        due = seen["reboot"]["due"]
        memory["due"] = (seen["reboot"]["since"] or memory.get("due") or now) if due else None
        memory["updates_at"], memory["rebooted"] = now, _boot()
    told = {}
    for metric, since in (("updates.days", "waiting"), ("reboot.days", "due")):
        told[metric] = {"": (now - float(memory[since])) / DAY} if memory[since] else {}
    return told, {}


def _boot() -> str:
    return (system.read("/proc/sys/kernel/random/boot_id") or b"").decode("ascii", "replace")


LOOKS: Tuple[Callable[[Dict[str, Any], float], Told], ...] = (
    _backups,
    _certificates,
    _clock,
    _databases,
    _drift,
    _updates,
)
