"""`seawall exec`: a command inside the running app, to see what it sees."""

from seawall.commands import pass_output, verb
from seawall.commands.beside import CONTEXT, Asked, beside, carry_out
from seawall.report.screen import Output


@verb(
    examples={
        "seawall exec web -- ls /tmp": "what it wrote there",
        "seawall exec web -- sh": "with your terminal",
        "seawall exec web -- 'env | sort'": "one argument is a line for the shell",
    },
    exits={0: "the command's own exit code, 255 when ssh failed", 1: "it does not run"},
    context_settings=CONTEXT,
)
@beside
@pass_output
def command(output: Output, app: str, arguments: tuple[str, ...], server: str | None) -> int:
    """Run a command inside the running app.

    In the container of its first instance; of an app without one, as its user, with its variables
    and secrets, its PORT and its own /tmp. On the first of its servers unless you name one.
    """
    return carry_out(output, Asked("exec", app, arguments, server))
