"""One verdict: what the server says, what is seen from outside, and what every check makes of it.

Drift is a free finding: a section whose steps are not all true differs from seawall.yml.
"""

import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from seawall import outside
from seawall.agent.probes import PROBES
from seawall.config import Config
from seawall.engine import accounts, doors, fleet, loss, planning
from seawall.engine.committed import committed
from seawall.errors import SeawallError
from seawall.features.stability.cloud import PREFIX
from seawall.kit import (
    Check,
    CheckResult,
    Feature,
    Finding,
    Look,
    Plan,
    SectionVerdict,
    Verdict,
    answer,
    drift_check,
)
from seawall.repository import topics
from seawall.server import Server

REPOSITORY = "repository"


@dataclass(frozen=True)
class CheckOptions:
    """Which checks to make: ids or whole sections."""

    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    audit: bool = False
    """Ask the registries' auditors about packages."""

    def wants(self, check: Check) -> bool:
        """True when this check is asked for and not skipped."""
        return (not self.only or _named(check, self.only)) and not _named(check, self.skip)

    def wants_of_repository(self, check: Check) -> bool:
        """The same, where `repository` means all its topics."""
        wanted = not self.only or REPOSITORY in self.only or _named(check, self.only)
        return wanted and REPOSITORY not in self.skip and not _named(check, self.skip)


def _named(check: Check, names: tuple[str, ...]) -> bool:
    return check.id in names or check.id.split(".")[0] in names


def check(
    config: Config | None, names: list[str], *, options: CheckOptions | None = None
) -> Verdict:
    """Look at servers, and at the repository that describes them."""
    wanted = options or CheckOptions()
    began = time.monotonic()
    servers = [name for name in names if not config or name not in config.accounts]
    sections: list[SectionVerdict] = []
    saved: dict[str, Any] = {}
    with ThreadPoolExecutor(1) as pool:
        tree = pool.submit(_repository, config, wanted)
        config = fleet.introduced(config, servers) if config else None
        looked = _looked(config, names, wanted) if config else []
        if not config or config.described:
            sections.append(tree.result()[0])
    unseen = [*tree.result()[1], *_not_checked(config, servers, len(names) > len(servers))]
    for section, look in looked:
        sections.append(section)
        if config and look:
            notes = (*config.limits(section.name), *look.outside.get("notes", ()))
            unseen += [f"{section.name}: {note}" for note in notes]
            saved[section.name] = look.facts.get("backups", {})
    return Verdict(
        tuple(sections), time.monotonic() - began, tuple(unseen), loss.told(config, saved)
    )


def _looked(
    config: Config, names: list[str], wanted: CheckOptions
) -> list[tuple[SectionVerdict, Look | None]]:
    return list(doors.on_each(names, lambda name: _one(config, name, wanted)))


def _one(config: Config, name: str, wanted: CheckOptions) -> tuple[SectionVerdict, Look | None]:
    if name in config.accounts:
        return accounts.check(config, name, wanted.wants), None
    return _server(config, name, wanted)


def _not_checked(config: Config | None, names: list[str], cloud: bool) -> Iterable[str]:
    if cloud:
        yield accounts.CRASH_CONSISTENT
        if config and f"{PREFIX}gcp" in config.accounts:
            yield accounts.SECOND_FACTOR
    if not names and not cloud:
        yield "servers: none is declared; look at any with seawall check root@HOST"
    elif config and not config.described:
        yield "what should be open, and who may log in: no seawall.yml says so"
    if names:
        yield "UDP ports from outside: a silent one looks like a closed one"


def _repository(config: Config | None, options: CheckOptions) -> tuple[SectionVerdict, list[str]]:
    if config and not config.described:
        return SectionVerdict(REPOSITORY), []
    path = config.path if config else None
    results, unseen = topics.check_all(path, options.wants_of_repository, audit=options.audit)
    leaks, notes = committed(config, options.wants_of_repository)
    return SectionVerdict(REPOSITORY, (*results, *leaks)), [*unseen, *notes]


def _server(config: Config, name: str, options: CheckOptions) -> tuple[SectionVerdict, Look]:
    """The verdict on one server, and all that was seen of it."""
    line = config.line_of("servers", name) if config.described else None
    try:
        look, plan = _look(config, name)
    except SeawallError as error:
        return SectionVerdict(name, error=error, line=line), Look(config, name)
    results = [
        answer(feature, check, look) if options.wants(check) else CheckResult(check, "skipped")
        for feature in config.features
        for check in feature.checks()
    ]
    results += _drift(config, plan, options)
    return SectionVerdict(name, tuple(results), line=line), look


def _look(config: Config, name: str) -> tuple[Look, Plan | None]:
    """Everything that can be seen, in one login and a look from outside."""
    server = doors.server(config, name)
    known = config.described and not config.unresolved_keys
    steps = planning.steps(config, name) if known else None
    document = {"mode": "look", "steps": steps, "probes": list(PROBES), "preflight": False}
    declared = [port.number for port in config.ports(name) if port.protocol == "tcp"]
    with ThreadPoolExecutor(1) as pool:
        greeted = pool.submit(outside.greet, server, declared)
        facts, plan = _told(config, server, document)
        received = time.time()
        seen = outside.look(server, facts, greeted.result(), received)
    if domains := config.sites(name):
        from seawall.outside.sites import sites

        seen["sites"] = sites(server, domains)
    if config.described and config.path and (shas := _serving(facts)):
        from seawall.repository.history import behind

        seen["repository"] = behind(config.path.parent, shas)
    return Look(config, name, config.described, facts, seen), plan


def _serving(facts: dict[str, Any]) -> list[str]:
    """The commits that a server's apps were released from."""
    told = facts.get("apps", {}).get("apps")
    return [str(each.get("sha", "")) for each in told] if isinstance(told, list) else []


def _told(
    config: Config, server: Server, document: dict[str, Any]
) -> tuple[dict[str, Any], Plan | None]:
    """What the server says of itself, and what would change there."""
    facts, plan = None, None
    with doors.talk(server, document) as talk:
        for event in talk:
            if event["type"] == "crash":
                raise doors.crashed(server.name, event)
            if event["type"] == "plan":
                doors.got_in(config, talk)
                plan = planning.from_event(server.name, event)
            if event["type"] == "facts":
                facts = event["facts"]
    if facts is None:
        raise SeawallError(
            f"{server.name}: the connection was cut: {talk.last_words}", "run it again"
        )
    return facts, plan


def _drift(config: Config, plan: Plan | None, options: CheckOptions) -> list[CheckResult]:
    if not config.described:
        return []
    with_steps = [each for each in config.features if type(each).steps is not Feature.steps]
    checks = [drift_check(type(feature)) for feature in with_steps]
    return [_drifted(check, plan) for check in checks if options.wants(check)]


def _drifted(check: Check, plan: Plan | None) -> CheckResult:
    if plan is None:
        why = "keys at GitHub were never looked up, so it is not known what should be there"
        return CheckResult(check, "unknown", why=why, fix="seawall plan looks them up, once")
    section = check.id.split(".")[0]
    changes = [change.what for change in plan.changes if change.feature in (section, "packages")]
    if not any(change.feature == section for change in plan.changes):
        return CheckResult(check, "fine")
    finding = Finding(
        f"{section} differs from seawall.yml", ", ".join(changes), f"seawall apply {plan.server}"
    )
    return CheckResult(check, "found", (finding,))
