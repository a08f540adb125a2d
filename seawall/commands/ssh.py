"""`seawall ssh`: a login as the user, port and key of seawall.yml."""

import os

import click

from seawall.commands import pass_output, server_argument, verb
from seawall.report.screen import Output


@verb(
    examples={
        "seawall ssh web1": "log in",
        "seawall ssh web1 uptime": "run one command",
        "seawall ssh web1 -- ls -l /srv": "one that has options",
    },
    exits={0: "the command's own exit code, 255 when ssh failed", 3: ""},
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
)
@server_argument("server")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[COMMAND]...")
@pass_output
def command(output: Output, server: str, arguments: tuple[str, ...]) -> None:
    """Log in to a server, or run one command there."""
    from seawall import engine
    from seawall.commands.servers import any_server

    words = arguments[1:] if arguments[:1] == ("--",) else arguments
    argv = engine.login(*any_server(server))
    output.out.stream.flush()
    os.execvp(argv[0], [*argv, *words])  # noqa: S606 - becomes ssh, with its terminal and signals
