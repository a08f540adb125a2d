"""What systemd keeps running, and what it gave up on."""

from __future__ import annotations

import os
from typing import Any, Dict, Iterator, List

from seawall.agent.probes.reading import Unseen, names, said

PROPERTIES = (
    "Id,LoadState,ActiveState,SubState,UnitFileState,Type,Restart,NRestarts,Result,MainPID,"
    "WantedBy,RequiredBy,TriggeredBy,Transient,ExecMainStatus"
)


def units() -> Dict[str, Any]:
    """Failed units, and every loaded service and timer with how it starts and restarts."""
    if not os.path.isdir("/run/systemd/system"):
        raise Unseen("this server does not run systemd", "only systemd's units can be judged")
    shown = said(["systemctl", "show", "-p", PROPERTIES, "*.service", "*.timer", "*.mount"])
    found = list(parsed(shown))
    return {
        "failed": [_failure(u) for u in found if u.get("ActiveState") == "failed"][:100],
        "services": {u["Id"]: _service(u) for u in found if _counts(u, ".service")},
        "timers": {u["Id"]: u.get("UnitFileState", "") for u in found if _counts(u, ".timer")},
        "lingering": names("/var/lib/systemd/linger"),
    }


def parsed(shown: str) -> Iterator[Dict[str, str]]:
    """The paragraphs of `systemctl show`."""
    for block in shown.split("\n\n"):
        unit = dict(line.split("=", 1) for line in block.splitlines() if "=" in line)
        if unit.get("Id"):
            yield unit


def _counts(unit: Dict[str, str], kind: str) -> bool:
    return unit["Id"].endswith(kind) and unit.get("LoadState") == "loaded"


def _failure(unit: Dict[str, str]) -> Dict[str, str]:
    return {"unit": unit["Id"], "result": unit.get("Result", ""), "exit": _exit(unit)}


def _exit(unit: Dict[str, str]) -> str:
    return unit.get("ExecMainStatus", "")


def _service(unit: Dict[str, str]) -> Dict[str, Any]:
    pulled: List[str] = []
    for by in ("WantedBy", "RequiredBy", "TriggeredBy"):
        pulled += unit.get(by, "").split()
    restarts = unit.get("NRestarts", "0")
    return {
        "active": unit.get("ActiveState", ""),
        "sub": unit.get("SubState", ""),
        "boot": unit.get("UnitFileState", ""),
        "pulled_by": pulled[:10],
        "type": unit.get("Type", ""),
        "restart": unit.get("Restart", ""),
        "restarts": int(restarts) if restarts.isdigit() else 0,
        "transient": unit.get("Transient") == "yes",
    }
