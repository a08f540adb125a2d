"""`seawall db`: into a database, through ssh and no other door."""

import click

from seawall.commands import Verbs, json_option, pass_output
from seawall.commands.beside import CONTEXT
from seawall.report.screen import Output


class Databases(Verbs):
    """Its own verbs; any other word is the name of a database to open."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args or args[0] == "--":
            args = ["open", *args]
        return super().parse_args(ctx, args)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        known = args[0] in self.commands or args[0].startswith("-")
        return super().resolve_command(ctx, args if known else ["open", *args])


@click.command(
    "db",
    cls=Databases,
    subcommand_metavar="[NAME] [-- ARGUMENTS]...",
    examples={
        "seawall db": "open the database, where there is one",
        "seawall db main -- -c 'SELECT 1'": "arguments for psql",
        "seawall db main < fix.sql": "statements from a file; the first that fails ends it",
        "seawall db tunnel main": "a port of this machine that leads to it",
    },
    exits={0: "the client's own exit code, 255 when ssh failed"},
    context_settings={"allow_interspersed_args": False},
)
def command() -> None:
    """Open a database with its own client, on its server, through ssh.

    No port is opened and no password is needed: who may become root there may do this. In Postgres
    you are the owner of the database, so that what you make is the app's; `RESET ROLE` makes you
    its administrator. Files that \\i and \\copy name are the server's.
    """


@command.command(
    "open",
    examples={
        "seawall db open main": "what seawall db main does",
        "seawall db open tunnel": "a database that is called tunnel",
    },
    exits={0: "the client's own exit code, 255 when ssh failed"},
    context_settings=CONTEXT,
)
@click.argument("words", nargs=-1, type=click.UNPROCESSED, metavar="[NAME] [-- ARGUMENTS]...")
@pass_output
def open_client(output: Output, words: tuple[str, ...]) -> int:
    """Open a database's client, or let it run what stdin or its arguments say."""
    from seawall.commands import databases

    return databases.opened(output, words)


@command.command(
    examples={
        "seawall db tunnel": "a free port; ends with Ctrl-C",
        "seawall db tunnel main --port 15432": "this port",
        "seawall db tunnel main --show-password": "the address as your programs want it",
    },
    exits={1: "the connection ended by itself"},
)
@click.argument("name", required=False, default="")
@click.option("--port", type=click.IntRange(1, 65535), help="This port of 127.0.0.1.")
@click.option("--show-password", is_flag=True, help="Show the address with its password.")
@json_option()
@pass_output
def tunnel(output: Output, name: str, port: int | None, show_password: bool) -> int:
    """A port of this machine that leads to a database, until you press Ctrl-C.

    It is open to this machine alone. Its address is shown without the password.
    """
    from seawall.commands import databases

    return databases.tunnel(output, name, port, shown=show_password)
