"""`seawall deploy`: the committed code, built, started beside the old, and switched to."""

from typing import TYPE_CHECKING

import click

from seawall.commands import json_option, pass_output, verb
from seawall.commands.servers import complete_apps, complete_servers
from seawall.report.screen import Output

if TYPE_CHECKING:
    from seawall.commands.releasing import Target


@verb(
    examples={
        "seawall deploy": "every app in seawall.yml",
        "seawall deploy web": "one of them",
        "seawall deploy web --server web1": "on one of its servers",
    },
    exits={1: "it could not be released; what served before still does"},
)
@click.argument("app", required=False, shell_complete=complete_apps)
@click.option("--server", shell_complete=complete_servers, help="Only on this server.")
@click.option("--build", is_flag=True, help="Build even if only the environment changed.")
@click.option("--dry-run", is_flag=True, help="Only say what would be released.")
@json_option("events")
@pass_output
def command(output: Output, app: str | None, server: str | None, build: bool, dry_run: bool) -> int:
    """Release what is committed, without a dropped request.

    The new release starts beside the old one and has to be healthy before it gets requests.
    Whatever fails before that leaves the old one serving.
    """
    from seawall.commands.releasing import target

    meant = target(app, server)
    if dry_run:
        return _would(output, meant)
    return released(output, meant, build=build)


def released(output: Output, meant: "Target", *, build: bool = False) -> int:
    """Release the last commit as these apps; the exit code."""
    from seawall.commands.releasing import carry_out
    from seawall.engine.deploying import Wanted, secrets_of
    from seawall.repository.archive import pack

    config = meant.config
    for name in meant.apps:
        if shadowed := secrets_of(config, name).shadowed:
            meant.warnings.append(_shadowed(name, shadowed))
    assert config.path
    code = pack(config.path.parent)
    meant.warnings += _warnings(meant, dirty=code.dirty)
    return carry_out(output, meant, lambda name: Wanted(name, code, build=build))


def _shadowed(app: str, names: list[str]) -> str:
    return (
        f"{', '.join(names)}: your environment has another value, which was not used. "
        f"{app} got the one that is kept."
    )


def _warnings(meant: "Target", *, dirty: bool) -> list[str]:
    from seawall.engine.releases import declared

    told = ["Changes that are not committed were not released."] if dirty else []
    for name in meant.apps:
        app = declared(meant.config, name)
        if app.domain and not app.health and not app.static:
            where = f"{meant.config.name}:{meant.config.line_of('apps', name)}"
            told.append(
                f"{name} has no health page, so a release counts as healthy once its port opens. "
                f"Add a page that answers 200, then apps.{name}.health ({where})."
            )
    return told


def _would(output: Output, meant: "Target") -> int:
    """What a deploy would release, and where it would only use code that is there."""
    from seawall.commands.releasing import look
    from seawall.engine.deploying import Wanted, declared, reusable
    from seawall.report import deployed as report
    from seawall.report import releases
    from seawall.repository.archive import pack

    assert meant.config.path
    code = pack(meant.config.path.parent)
    found = [one for name in meant.apps for one in look(output, meant, name)]
    rows = []
    for seen in found:
        source = reusable(declared(meant.config, seen.app), Wanted(seen.app, code), seen)
        rows.append(report.would(seen, code.sha, source))
    report.dry_run(rows, output)
    return releases.exit_code(found)
