"""`seawall rollback`: an older release serves again, the same way a new one comes to serve."""

from typing import TYPE_CHECKING

import click

from seawall.commands import json_option, pass_output, verb, yes_option
from seawall.commands.servers import complete_apps, complete_servers
from seawall.errors import ConfigError, Refused
from seawall.report.screen import Output, may_ask

if TYPE_CHECKING:
    from seawall.commands.releasing import Target
    from seawall.kit.released import Release, Releases


@verb(
    examples={
        "seawall rollback web": "propose the one before, show the list, ask",
        "seawall rollback web 6 --yes": "to this one, without a question",
        "seawall rollback 6": "the same, when there is one app",
    },
    exits={1: "it could not be done, or you said no"},
)
@click.argument("app", required=False, shell_complete=complete_apps)
@click.argument("number", required=False, type=click.IntRange(1), metavar="[NUMBER]")
@click.option("--server", shell_complete=complete_servers, help="Only on this server.")
@yes_option
@click.option("--dry-run", is_flag=True, help="Only say what would happen.")
@json_option("events")
@pass_output
def command(
    output: Output,
    app: str | None,
    number: int | None,
    server: str | None,
    yes: bool,
    dry_run: bool,
) -> int:
    """Go back to an older release: its code, its command, its environment.

    It starts beside the one that serves and has to be healthy first, as in a deploy. What a
    migration did to the database stays.
    """
    from seawall.commands.releasing import carry_out, look
    from seawall.engine.deploying import Wanted

    meant, number = _meant(app, number, server)
    [name] = meant.apps
    seen = look(output, meant, name)
    chosen = _chosen(seen, number)
    todo = [one for one in seen if one.serving != chosen.number]
    _shown(output, seen, chosen)
    if dry_run or not todo:
        return 0
    if not (yes or _agreed(output, name, chosen)):
        return 1
    return carry_out(output, meant, lambda app: Wanted(app, again=chosen.number), {name: todo})


def _meant(app: str | None, number: int | None, server: str | None) -> "tuple[Target, int | None]":
    """`rollback 6` means release 6 where there is one app."""
    from seawall.commands.releasing import target

    if number is None and app is not None and app.isdecimal():
        number, app = int(app), None
    meant = target(app, server)
    if len(meant.apps) != 1:
        raise ConfigError("which app?", f"seawall rollback {meant.apps[0]}")
    return meant, number


def _chosen(seen: "list[Releases]", number: int | None) -> "Release":
    """The release to go back to: the same code on every server."""
    for one in seen:
        if one.error:
            raise one.error
    app, number = seen[0].app, number or _where_they_differ(seen)
    found = [one.find(number) if number else one.before() for one in seen]
    there = [release for release in found if release]
    if len(there) < len(found):
        raise ConfigError(*_not_there(seen, number))
    if len({(release.number, release.sha) for release in there}) > 1:
        names = " and ".join(one.server for one in seen)
        raise ConfigError(
            f"release {number or 'before'} is not the same on {names}",
            f"one server at a time: seawall rollback {app} --server {seen[0].server}",
        )
    if there[0].state not in ("retired", "serving"):
        raise Refused(
            f"release {there[0].number} of {app} never served: {there[0].why or there[0].state}",
            f"name one that did: seawall releases {app}",
        )
    return there[0]


def _where_they_differ(seen: "list[Releases]") -> int | None:
    """The release that brings servers together again; None where they have the same."""
    from seawall.kit.released import in_common

    before = {getattr(one.before(), "number", None) for one in seen}
    alike = len({one.serving for one in seen}) == 1 and len(before) == 1
    there = None if alike else in_common(seen)
    return there.number if there else None


def _not_there(seen: "list[Releases]", number: int | None) -> tuple[str, str]:
    app = seen[0].app
    if number is None:
        return f"{app} has no release to go back to", f"what there is: seawall releases {app}"
    there = ", ".join(str(each.number) for each in seen[0].releases if each.state == "retired")
    problem = f"release {number} of {app} is not there"
    return problem, f"there are: {there}" if there else f"seawall releases {app}"


def _shown(output: Output, seen: "list[Releases]", chosen: "Release") -> None:
    from seawall.report import releases

    if output.spoken:
        releases.show(seen, output.out)
        releases.going_back(seen, chosen, output.out)


def _agreed(output: Output, app: str, chosen: "Release") -> bool:
    if not (output.spoken and may_ask()):
        raise ConfigError(
            f"--yes is missing: {app} would go back to {chosen.number} and nobody can be asked",
            f"seawall rollback {app} {chosen.number} --yes",
        )
    question = f"Go back to release {chosen.number}? [y/N]"
    answer = click.prompt(question, default="n", show_default=False, prompt_suffix=" ", err=True)
    if answer.strip().lower() in ("y", "yes"):
        return True
    output.err.show(["Nothing was changed."])
    return False
