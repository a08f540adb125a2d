"""Cloud accounts, planned, made so and judged like servers, by the same contract for every cloud.

An account that fails stops only itself. What was done before a failure is said, stays, and is
found done by the next apply.
"""

import hashlib
import json
import time
from collections.abc import Callable, Iterator
from difflib import unified_diff
from typing import Any

from seawall import clouds
from seawall.clouds.audit import AS_DECLARED, Audit
from seawall.config import Config
from seawall.errors import PlanChanged, SeawallError
from seawall.features.stability.cloud import PREFIX
from seawall.features.stability.cloud import Cloud as Declared
from seawall.kit import (
    Applied,
    Check,
    CheckResult,
    Event,
    Finding,
    Look,
    Plan,
    PlannedChange,
    SectionVerdict,
    answer,
)
from seawall.kit.cloud import Cloud, Drift, MissingPermission, Resource, Wanted

UNTOLD = {"gcp": ("account.logins-want-a-second-factor",)}
"""Checks that a provider has no answer to: they are skipped and said, and never counted as fine."""
SECOND_FACTOR = "whether people log in with a second factor: Google does not tell that to a project"
OnEvent = Callable[[Event], None]
CRASH_CONSISTENT = (
    "whether databases in a snapshot are whole: it holds the disk as after a power cut; "
    "seawall snapshots now saves databases first"
)


def wanted(config: Config, name: str) -> Wanted:
    """What seawall.yml says of one account."""
    return config.of(Declared).wanted(config, name)


def opened(config: Config, name: str) -> Cloud:
    """One account, ready to be asked."""
    return clouds.opened(name.removeprefix(PREFIX), wanted(config, name))


def plan(config: Config, name: str) -> Plan:
    """What would change in an account. Reads only; a missing permission is named here already."""
    try:
        cloud = opened(config, name)
        return _plan(name, cloud, _drifts(cloud))
    except SeawallError as error:
        return Plan(name, error=error)


Drifted = list[tuple[Resource, Drift]]


def _drifts(cloud: Cloud) -> Drifted:
    found = ((resource, resource.drift()) for resource in cloud.resources())
    return [(resource, drift) for resource, drift in found if drift]


def _plan(name: str, cloud: Cloud, drifts: Drifted) -> Plan:
    changes = tuple(_change(resource, drift) for resource, drift in drifts)
    told = json.dumps([[each.feature, each.action, each.what, each.diff] for each in changes])
    missing = tuple(f"the permission {each} is missing" for each in cloud.missing())
    notes = tuple(drift.note for _, drift in drifts if drift.note)
    return Plan(name, changes, hashlib.sha256(told.encode()).hexdigest(), missing, notes)


def _change(resource: Resource, drift: Drift) -> PlannedChange:
    before, after = (_lines(each) for each in (drift.before, drift.after))
    diff = "\n".join(unified_diff(before, after, "now", "then", lineterm=""))
    return PlannedChange(resource.feature, drift.action, drift.what, diff)


def _lines(settings: dict[str, Any]) -> list[str]:
    return json.dumps(settings, indent=1, sort_keys=True).splitlines() if settings else []


def apply(config: Config, name: str, expect: str | None, on_event: OnEvent) -> Applied:
    """Make an account as declared, in exactly the changes that were shown."""
    began = time.monotonic()
    done: list[PlannedChange] = []
    error: SeawallError | None = None
    try:
        cloud = opened(config, name)
        drifts = _drifts(cloud)
        _as_shown(_plan(name, cloud, drifts), expect)
        for resource, drift in drifts:
            _make(name, resource, drift, on_event)
            done.append(_change(resource, drift))
    except SeawallError as stopped:
        error = stopped
        if done and not error.hint:
            error.hint = "what was done before stays; put it right and apply again"
    seconds = time.monotonic() - began
    on_event(Event("end", name, ok=error is None, seconds=seconds))
    return Applied(name, tuple(done), seconds, error)


def _as_shown(now: Plan, expect: str | None) -> None:
    if now.preflight:
        raise MissingPermission(f"{now.server}: {'; '.join(now.preflight)}", POLICY)
    if expect is not None and now.hash != expect:
        changed = PlanChanged(
            f"{now.server}: it changed since the plan was shown",
            "nothing was changed; look at the new plan: seawall plan",
        )
        changed.after = now
        raise changed


POLICY = "nothing was changed; seawall cloud policy prints all that is needed"


def _make(name: str, resource: Resource, drift: Drift, on_event: OnEvent) -> None:
    what = drift.what.partition("\n")[0]
    on_event(Event("start", name, resource.feature, what))
    began = time.monotonic()
    try:
        resource.apply()
    except SeawallError as error:
        seconds = time.monotonic() - began
        told = Event("step", name, resource.feature, what, False, seconds, error.problem)
        on_event(told)
        raise
    on_event(Event("step", name, resource.feature, what, True, time.monotonic() - began))


def check(config: Config, name: str, wants: Callable[[Check], bool]) -> SectionVerdict:
    """The verdict on one account: what the audit finds, and whether it is as declared."""
    line = config.line_of("cloud", name.removeprefix(PREFIX))
    checks = [*Audit.checks(), AS_DECLARED]
    if not any(map(wants, checks)):
        return SectionVerdict(name, tuple(CheckResult(each, "skipped") for each in checks))
    try:
        cloud = opened(config, name)
        look = Look(wanted(config, name), name, facts={"account": cloud.look()})
    except SeawallError as error:
        return SectionVerdict(name, error=error, line=line)
    untold = UNTOLD.get(cloud.name, ())
    results = [
        answer(Audit(), each, look)
        if wants(each) and each.id not in untold
        else CheckResult(each, "skipped")
        for each in Audit.checks()
    ]
    return SectionVerdict(name, (*results, *_as_declared(cloud, name, wants)), line=line)


def _as_declared(cloud: Cloud, name: str, wants: Callable[[Check], bool]) -> Iterator[CheckResult]:
    if not wants(AS_DECLARED):
        yield CheckResult(AS_DECLARED, "skipped")
        return
    try:
        drifts = _drifts(cloud)
    except SeawallError as error:
        yield CheckResult(AS_DECLARED, "unknown", why=error.problem, fix=error.hint)
        return
    findings = tuple(
        Finding(
            f"{drift.what.partition(chr(10))[0]}: not as declared", _seen(drift), "seawall apply"
        )
        for _, drift in drifts
    )
    yield CheckResult(AS_DECLARED, "found" if findings else "fine", findings)


def _seen(drift: Drift) -> str:
    if drift.action == "+":
        return "it is not there"
    differing = [key for key in drift.after if drift.before.get(key) != drift.after[key]]
    return f"differs in {', '.join(differing)}"
