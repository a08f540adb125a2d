"""Apps as they run: what systemd, the kernel and the proxy do with them, not what was written."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Dict, Iterator, List, Tuple

from seawall.agent import system
from seawall.agent.apps import (
    health,
    instances,
    kept_state,
    looking,
    proxied,
    records,
    supervisors,
)
from seawall.agent.probes import confined, variables
from seawall.agent.probes.reading import Unseen, need_root, said
from seawall.agent.probes.units import parsed

WANTED = "Id,ActiveState,Restart,StartLimitIntervalUSec,MainPID"
Fact = Dict[str, Any]
Pair = Tuple[records.App, records.Release]


def apps() -> Fact:
    """Every app with what serves, and how each of its instances is."""
    need_root()
    found = [(app, app.serving()) for app in records.apps()]
    serving = [(app, release) for app, release in found if release]
    if not serving:
        return {"controllers": confined.controllers(), "apps": []}
    shown = _shown(serving)
    with ThreadPoolExecutor(8) as pool:
        seen = list(pool.map(lambda pair: _app(pair, shown), serving))
    return {"controllers": confined.controllers(), "apps": seen}


def _shown(serving: List[Pair]) -> Dict[str, Dict[str, str]]:
    """What each instance's supervisor holds true of it, in systemd's words."""
    units: List[str] = []
    found: Dict[str, Dict[str, str]] = {}
    for app, release in serving:
        for unit in app.units(release):
            if release.supervisor == "systemd":
                units.append(unit)
            else:
                found[unit] = _kept(release, unit)
    if units and not system.has_systemd():
        raise Unseen("systemd does not run here", "deploy under another supervisor")
    return {**found, **_units(units)}


def _kept(release: records.Release, unit: str) -> Dict[str, str]:
    """One whose keeper lives is started again for ever; one that is alone is not."""
    supervisor = supervisors.of(release)
    return {
        "ActiveState": "active" if supervisor.lives([unit]) else "inactive",
        "Restart": "always" if kept_state.keeper(unit) else "no",
        "MainPID": str(kept_state.read(unit).get("child", 0)),
        "boot": "enabled" if supervisor.starts_at_boot(unit) else "disabled",
    }


def _units(names: List[str]) -> Dict[str, Dict[str, str]]:
    """What systemd holds true of these units; a folder that is served has none."""
    if not names:
        return {}
    shown = said(["systemctl", "show", "--property", WANTED, *names])
    # What `show` says of it is what was so at the last reload.
    boot = said(["systemctl", "is-enabled", *names]).split()
    states = dict(zip(names, boot)) if len(boot) == len(names) else {}
    return {unit["Id"]: {**unit, "boot": states.get(unit["Id"], "")} for unit in parsed(shown)}


def _app(pair: Pair, units: Dict[str, Dict[str, str]]) -> Fact:
    app, release = pair
    spec = _spec(app, release)
    asked = {"path": None, "host": None, **(spec.get("health") or {})}
    with ThreadPoolExecutor(16) as pool:
        # One that hangs takes five seconds to say nothing: meanwhile the rest is looked at.
        faults = pool.map(lambda port: health.ask(port, asked), release.ports)
        seen = _seen(pair, units)
    for each, fault in zip(seen["instances"], faults):
        each["fault"] = fault
    well = not any(each["fault"] for each in seen["instances"])
    return {**seen, "path": asked["path"] or "", "proxy": _by_proxy(app, asked) if well else ""}


def _seen(pair: Pair, units: Dict[str, Dict[str, str]]) -> Fact:
    app, release = pair
    seen = [_instance(units.get(unit, {}), unit) for unit in app.units(release)]
    return {
        "name": app.name,
        "serving": release.number,
        "sha": release.sha,
        "listens": any(release.ports),
        "contained": confined.is_one(app.unit(release, 1)),
        "instances": seen,
        "crashes": instances.crashes(app, release),
        "hung": looking.hung(app, release),
        "variables": list(variables.suspects(_variables(seen))),
        "refused": _refused(app.units(release)),
    }


def _spec(app: records.App, release: records.Release) -> Fact:
    """What the release was declared with."""
    try:
        return dict(json.loads(system.read(app.declared(release.number)) or b"{}"))
    except ValueError:
        return {}


def _instance(shown: Dict[str, str], unit: str) -> Fact:
    pids = confined.pids(unit)
    return {
        "unit": unit,
        "state": shown.get("ActiveState", ""),
        "boot": shown.get("boot", ""),
        "restart": shown.get("Restart", ""),
        "gives_up": shown.get("StartLimitIntervalUSec", "0") not in ("", "0"),
        "main": confined.main(unit, shown.get("MainPID", "0")),
        "users": confined.users(pids),
        "doors": list(confined.doors(unit, pids)),
        "limits": confined.limits(pids),
        "written": confined.written(unit),
    }


def _by_proxy(app: records.App, asked: Fact) -> str:
    """What is wrong with what the proxy answers for an app; nothing for one without a domain."""
    host = asked.get("host")
    return proxied.visit(app.name, host, asked.get("path") or "/") if host else ""


def _variables(seen: List[Fact]) -> Dict[str, str]:
    """The environment that the first running instance was started with."""
    pids = [each["main"] for each in seen if each["main"]]
    return variables.of(pids[0]) if pids else {}


def _refused(units: List[str]) -> Any:
    """Lines of a day that say a file could not be written; None when the journal is too slow."""
    if not units:
        return []
    journal = ["journalctl", "--since=-1d", "--lines=5", "--output=cat", "--no-pager", "--quiet"]
    named = [f"--unit={unit}" for unit in units]
    asked = system.run([*journal, "--grep=EROFS|Read-only file system", *named], seconds=4)
    return None if asked.code == 124 else list(_short(asked.output))


def _short(text: str) -> Iterator[str]:
    yield from (line.strip()[:200] for line in text.splitlines() if line.strip())
