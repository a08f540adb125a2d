"""From a plan to done: show it, ask, and do exactly what was shown."""

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from seawall.commands.servers import everything
from seawall.errors import ConfigError, PlanChanged, Refused
from seawall.report.screen import Output, may_ask

if TYPE_CHECKING:
    from seawall.config import Config
    from seawall.kit import Applied, Plan

QUESTION = "Go ahead? [y/N, d shows the diff]"


def planned(output: Output, config: "Config", names: list[str]) -> "list[Plan]":
    """What would change, said to be in the making meanwhile."""
    from seawall import engine
    from seawall.report.live import waiting

    with waiting(output, f"{', '.join(names)}: comparing"):
        return engine.plan(config, names)


def carry_out(
    output: Output, servers: tuple[str, ...], *, yes: bool, verb: str, cloud_only: bool = False
) -> int:
    """Plan, show, ask, apply, report; the exit code."""
    config, names = everything(servers, cloud_only=cloud_only)
    _make_secrets(output, config)
    return made_so(output, config, names, yes=yes, verb=verb)


def made_so(output: Output, config: "Config", names: list[str], *, yes: bool, verb: str) -> int:
    """The same for servers of a configuration that is known."""
    from seawall.report import answers, outcomes

    began = time.monotonic()
    plans = _with_python(output, config, planned(output, config, names), yes=yes)
    answers.plans(plans, output)
    ready = [plan for plan in plans if plan.changes and not plan.preflight and not plan.error]
    applied = [stopped for plan in plans for stopped in _stopped(plan)]
    if ready:
        if not (yes or _agreed(output, ready, f"seawall {verb} --yes")):
            return 1
        applied = _applied(output, config, ready, yes=yes, verb=verb) + applied
    if applied:
        follow = "seawall check" if verb == "apply" else ""
        outcomes.report(applied, output, seconds=time.monotonic() - began, follow=follow)
    return outcomes.exit_code(applied, idle=len(plans) - len(applied))


def _make_secrets(output: Output, config: "Config") -> None:
    """Think up the passwords that are wanted and not there yet, before they are planned with."""
    if not any(use.made for use in config.uses()):
        return
    from seawall.config.keys import resolve
    from seawall.secrets.made import make, missing

    if missing(config):
        new = make(resolve(config))
        output.err.show([f"made and kept encrypted in secrets/: {', '.join(new)}; commit it"])


def _with_python(
    output: Output, config: "Config", plans: "list[Plan]", *, yes: bool
) -> "list[Plan]":
    """The plans, made again where python3 was missing and may be installed."""
    from seawall import engine
    from seawall.kit import Plan
    from seawall.report.live import waiting
    from seawall.server import NoPython

    bare = [plan.server for plan in plans if isinstance(plan.error, NoPython)]
    if not bare or not (yes or _may_install(output, bare)):
        return plans
    with waiting(output, f"{', '.join(bare)}: installing python3"):
        failed = engine.install_python(config, bare)
    again = {plan.server: plan for plan in planned(output, config, bare)}
    again |= {name: Plan(name, error=error) for name, error in failed.items()}
    return [again.get(plan.server, plan) for plan in plans]


def _may_install(output: Output, bare: list[str]) -> bool:
    question = f"{', '.join(bare)}: there is no python3. Install it, to compare?"
    return bool(output.spoken and may_ask() and click.confirm(question, err=True))


def _stopped(plan: "Plan") -> "list[Applied]":
    """A server that could not even begin, as an outcome."""
    from seawall.kit import Applied

    missing = "; ".join(plan.preflight)
    error = plan.error or (missing and Refused(f"{plan.server}: {missing}", "nothing was changed"))
    return [Applied(plan.server, error=error)] if error else []


def _agreed(output: Output, plans: "list[Plan]", instead: str) -> bool:
    from seawall.report import plans as report

    if not (output.spoken and may_ask()):
        names = ", ".join(plan.server for plan in plans)
        raise ConfigError(
            f"--yes is missing: {names} would change and nobody can be asked", instead
        )
    while True:
        answer = click.prompt(
            QUESTION, default="n", show_default=False, prompt_suffix=" ", err=True
        )
        if answer.strip().lower() not in ("d", "diff"):
            break
        report.show(plans, output.out, diff=True)
    if answer.strip().lower() in ("y", "yes"):
        return True
    output.err.show(["Nothing was changed."])
    return False


def _applied(
    output: Output, config: "Config", plans: "list[Plan]", *, yes: bool, verb: str
) -> "list[Applied]":
    from seawall import engine
    from seawall.report.progress import following

    expect = {plan.server: plan.hash for plan in plans}
    with following(output, list(expect), verb) as on_event:
        applied = engine.apply(config, list(expect), expect=expect, on_event=on_event)
    moved = {one.server: after for one in applied if (after := _moved(one))}
    ended = [one for one in applied if one.server not in moved]
    ended += [replace(one, error=None) for one in applied if _nothing_left(moved, one)]
    left = [plan for plan in moved.values() if not plan.converged]
    if not left:
        return ended
    if not _still_agreed(output, plans, left, yes=yes, verb=verb):
        return ended + [one for one in applied if one.server in {plan.server for plan in left}]
    return ended + _applied(output, config, left, yes=yes, verb=verb)


def _moved(one: "Applied") -> "Plan | None":
    """The plan as it is now, when it is no longer the one that was shown."""
    after: Plan | None = one.error.after if isinstance(one.error, PlanChanged) else None
    return after


def _nothing_left(moved: "dict[str, Plan]", one: "Applied") -> bool:
    return one.server in moved and moved[one.server].converged


def _still_agreed(
    output: Output, shown: "list[Plan]", now: "list[Plan]", *, yes: bool, verb: str
) -> bool:
    """Whether to go on with plans that changed; --yes agrees to less than was shown, never more."""
    from seawall.report.plans import difference

    before = {plan.server: plan for plan in shown}
    if yes:
        return all(set(plan.changes) <= set(before[plan.server].changes) for plan in now)
    for plan in now:
        difference(before[plan.server], plan, output.out)
    return _agreed(output, now, f"seawall {verb} --yes")
