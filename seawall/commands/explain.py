"""`seawall explain`: why a check or a section exists, in plain words."""

import click

from seawall.commands import pass_output, verb
from seawall.report.screen import Output


@verb(
    examples={
        "seawall explain": "every check, by pillar",
        "seawall explain firewall": "a section of seawall.yml, its settings and checks",
        "seawall explain ssh.no-password": "one check",
    },
    exits={3: ""},
)
@click.argument("name", required=False, metavar="[ID|SECTION]")
@pass_output
def command(output: Output, name: str | None) -> None:
    """Say why a check or a section exists, and what to do about it."""
    from seawall.commands.checks import every, meant, sections
    from seawall.report import manual
    from seawall.report.pager import paged

    if name:
        meant([name])
    with paged(output, wanted=True) as screen:
        if name is None:
            manual.index(every().values(), screen)
        elif name in sections():
            manual.section(sections()[name], screen)
        else:
            manual.check(every()[name], screen)
