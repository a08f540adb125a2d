"""Probes: what is true of this server right now. They read, and leave nothing behind.

A probe is a function without arguments whose answer survives JSON. One that cannot answer says
why and what would help: {"unknown": …, "fix": …}. Only what is asked for is imported, all are
asked at once, and none may hold up the others.
"""

from __future__ import annotations

import importlib
import threading
import time
from contextlib import suppress
from typing import Any, Callable, Dict, Iterable

from seawall.agent.probes.reading import Unseen

SECONDS = 8.0
"""A probe that takes longer than this (a dead network disk) is given up."""

WHERE = {
    "accounts": "accounts:accounts",
    "alerts": "alerts:alerts",
    "apps": "apps:apps",
    "backups": "backups:backups",
    "certificates": "certificates:certificates",
    "clock": "clock:clock",
    "containers": "containers:containers",
    "disks": "disks:disks",
    "firewall": "firewall:firewall",
    "journal": "journal:journal",
    "kernel": "kernel:kernel",
    "listeners": "listeners:listeners",
    "mariadb": "mariadb:mariadb",
    "monitor": "monitor:monitor",
    "old_code": "programs:old_code",
    "packages": "packages:packages",
    "peers": "peers:peers",
    "postgres": "postgres:postgres",
    "pressure": "pressure:pressure",
    "redis": "redis:redis",
    "root_runs": "programs:root_runs",
    "secrets": "secrets:secrets",
    "sshd": "sshd:sshd",
    "strays": "strays:strays",
    "system": "system:system",
    "units": "units:units",
    "updates": "updates:updates",
}


def _named(where: str) -> Callable[[], Any]:
    def probe() -> Any:
        module, function = where.split(":")
        return getattr(importlib.import_module(f"{__name__}.{module}"), function)()

    return probe


PROBES: Dict[str, Callable[[], Any]] = {name: _named(where) for name, where in WHERE.items()}


def run(names: Iterable[str]) -> Dict[str, Any]:
    """Ask these probes, all at once; an answer for each, whatever happens."""
    answers: Dict[str, Any] = {}
    for name in names:
        _load(name)
    threads = [threading.Thread(target=_ask, args=(n, answers), daemon=True) for n in names]
    for thread in threads:
        thread.start()
    end = time.monotonic() + SECONDS
    for thread in threads:
        thread.join(max(0.0, end - time.monotonic()))
    late = {"unknown": f"no answer within {SECONDS:g} s", "fix": "look at the server's load"}
    return {name: answers.get(name, late) for name in names}


def _load(name: str) -> None:
    """Import what a probe needs, before threads could do so side by side: one that begins with a
    package and one that begins with a part of it would wait for each other."""
    with suppress(Exception):  # whoever asks the probe hears of it
        importlib.import_module(f"{__name__}.{WHERE[name].split(':')[0]}")


def _ask(name: str, answers: Dict[str, Any]) -> None:
    try:
        answers[name] = PROBES[name]()
    except KeyError as error:
        fix = "use the same version of seawall on both sides" if name not in PROBES else ""
        answers[name] = {"unknown": f"there is no probe {error}", "fix": fix}
    except PermissionError:
        answers[name] = {"unknown": "needs root", "fix": "log in as root or a user with sudo"}
    except Unseen as unseen:
        answers[name] = {"unknown": unseen.why, "fix": unseen.fix}
    except Exception as error:  # a server may hold anything; one bad file must not hide the rest
        why = f"could not read it: {type(error).__name__}: {error}"
        answers[name] = {"unknown": why[:300], "fix": ""}
