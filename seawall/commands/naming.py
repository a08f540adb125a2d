"""The name of a server, typed once more: nothing that cannot be undone happens without it."""

from collections.abc import Sequence

import click

from seawall.errors import ConfigError, Refused
from seawall.report.screen import Output, may_ask


def require_name(
    output: Output, names: Sequence[str], given: str, *, again: str, told: Sequence[str] = ()
) -> None:
    """Go on only when one of these names was given, or is typed now.

    `again` is the command without --confirm, `told` what is shown above the question. ConfigError
    where nobody can be asked, Refused for any other name.
    """
    if not given and not (output.spoken and may_ask()):
        flag = f"--confirm {names[0]}"
        raise ConfigError(f"{flag} is missing, and nobody can be asked", f"{again} {flag}")
    if not given:
        output.err.show([*told])
        given = click.prompt("Type the name of the server", "", show_default=False, err=True)
    if given.strip() not in names:
        raise Refused(f"the name is another one: {names[0]} was not touched")
