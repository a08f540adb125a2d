"""`seawall run`: one command beside an app, as the app."""

from seawall.commands import pass_output, verb
from seawall.commands.beside import CONTEXT, Asked, beside, carry_out
from seawall.report.screen import Output


@verb(
    examples={
        "seawall run web -- .venv/bin/python manage.py shell": "with your terminal",
        "seawall run web -- 'env | sort'": "one argument is a line for the shell",
        "seawall run web --server web2 -- ls": "on one of its servers",
    },
    exits={0: "the command's own exit code, 255 when ssh failed", 1: "nothing serves yet"},
    context_settings=CONTEXT,
)
@beside
@pass_output
def command(output: Output, app: str, arguments: tuple[str, ...], server: str | None) -> int:
    """Run a command in the environment of the release that serves.

    In its folder, as its user, with its variables and secrets, and with no more rights than it
    has. Once, on the first of its servers unless you name one. Inside the running one: `exec`.
    """
    return carry_out(output, Asked("run", app, arguments, server))
